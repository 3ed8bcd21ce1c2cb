/** What a kind of shop sells for, and how often people go there. Amounts are medians in major units. */
export type MerchantCategory = {
  readonly mcc: string;
  readonly name: string;
  readonly medianAmount: number;
  /** Standard deviation of the logarithm of the amount. */
  readonly sigma: number;
  /** Share of a person's visits, in relation to the other categories. */
  readonly weight: number;
};

/**
 * Categories of ISO 18245. Weights and medians are rounded guesses of everyday spending, in the order of magnitude of
 * the payment diaries that central banks publish (many small purchases, few large ones); they claim no more.
 */
export const LOCAL_CATEGORIES: readonly MerchantCategory[] = [
  { mcc: '5411', name: 'Grocery', medianAmount: 31, sigma: 0.7, weight: 27 },
  { mcc: '5814', name: 'Snacks', medianAmount: 9, sigma: 0.45, weight: 15 },
  { mcc: '5812', name: 'Restaurant', medianAmount: 29, sigma: 0.6, weight: 10 },
  { mcc: '4111', name: 'Transit', medianAmount: 3.2, sigma: 0.35, weight: 8 },
  { mcc: '5541', name: 'Fuel', medianAmount: 47, sigma: 0.4, weight: 7 },
  { mcc: '5912', name: 'Pharmacy', medianAmount: 17, sigma: 0.6, weight: 5 },
  { mcc: '5651', name: 'Clothing', medianAmount: 52, sigma: 0.65, weight: 3 },
  { mcc: '5732', name: 'Electronics', medianAmount: 120, sigma: 0.8, weight: 1 },
  { mcc: '6011', name: 'Cash machine', medianAmount: 80, sigma: 0.5, weight: 3 },
];

/** Kinds of shop that sell over the internet. */
export const ONLINE_CATEGORIES: readonly MerchantCategory[] = [
  { mcc: '5399', name: 'Marketplace', medianAmount: 34, sigma: 0.75, weight: 9 },
  { mcc: '5815', name: 'Media', medianAmount: 10, sigma: 0.4, weight: 5 },
  { mcc: '5816', name: 'Games', medianAmount: 8, sigma: 0.7, weight: 2 },
  { mcc: '5691', name: 'Fashion', medianAmount: 58, sigma: 0.6, weight: 3 },
  { mcc: '5732', name: 'Gadgets', medianAmount: 130, sigma: 0.75, weight: 1 },
  { mcc: '4722', name: 'Travel', medianAmount: 290, sigma: 0.6, weight: 0.6 },
  { mcc: '8398', name: 'Charity', medianAmount: 20, sigma: 0.6, weight: 0.4 },
];

/** Weight of a transfer to another person beside the visits to shops. */
export const TRANSFER_WEIGHT = 2;
export const TRANSFER_CATEGORY: MerchantCategory = {
  mcc: '4829',
  name: 'Transfer',
  medianAmount: 70,
  sigma: 0.9,
  weight: TRANSFER_WEIGHT,
};

export const CASH_MACHINE_MCC = '6011';

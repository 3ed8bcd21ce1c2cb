/** Header of a call that another node has forwarded: whoever gets it answers it. */
export const HOP_HEADER = 'palisade-hop';

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explainDecision, featureWords, reasonWords } from '../../src/cli/demo/decision-words.ts';
import { ruleDescriptionsOf } from '../../src/cli/demo/rule-descriptions.ts';
import { millisecondsText, moneyText, percentText } from '../../src/cli/number-words.ts';
import { drawBar, ProgressBar } from '../../src/cli/progress-bar.ts';
import { formatTable } from '../../src/cli/table.ts';
import { toTrafficItem } from '../../src/cli/traffic/traffic-item.ts';
import { captureIo } from './captured-io.ts';
import { decisionOf } from './fake-engine.ts';

describe('printing', () => {
  test('lays a table out by the widest cell', () => {
    const columns = [
      { title: 'a', align: 'left' },
      { title: 'long', align: 'right' },
    ] as const;
    const expected = ['  a     long', '  ---  -----', '  x        1', '  yyy  22222', ''].join('\n');
    assert.equal(
      formatTable(columns, [
        ['x', '1'],
        ['yyy', '22222'],
      ]),
      expected,
    );
  });

  test('writes numbers as people read them', () => {
    assert.equal(moneyText(123_456, 'EUR'), 'EUR 1,234.56');
    assert.equal(moneyText(1234, 'JPY'), 'JPY 1,234');
    assert.equal(moneyText(1234, 'BHD'), 'BHD 1.234');
    assert.equal(percentText(1, 3), '33.3%');
    assert.equal(percentText(1, 0), '-');
    assert.equal(millisecondsText(1.23), '1.2 ms');
    assert.equal(millisecondsText(123.4), '123 ms');
  });

  test('names features in plain words', () => {
    assert.equal(featureWords('card.count_1h'), 'card count in 1 hour');
    assert.equal(featureWords('account.failed_login_ips_10m'), 'account failed login ips in 10 minutes');
    assert.equal(featureWords('card.speed_kmh'), 'card speed in km/h');
    assert.equal(featureWords('card.home_distance_km'), 'card home distance in km');
    assert.equal(featureWords('device.age_s'), 'device age in seconds');
    assert.equal(featureWords('event.cvvResult'), 'CVV result');
    assert.equal(featureWords('event.threeDSecureResult'), '3-D Secure result');
    assert.equal(featureWords('card.three_ds_failures_1h'), 'card 3-D Secure failures in 1 hour');
  });

  test('explains a decision, strongest reason first', () => {
    const event = { type: 'purchase', channel: 'ecommerce', country: 'FR', amountMinor: 5000, currency: 'EUR' };
    const decision = {
      ...decisionOf('t1', 'decline'),
      reasons: [
        { code: 'WEAK', ruleId: 'weak', outcome: 'approve', score: 10, evidence: {} },
        { code: 'FAR_AWAY', ruleId: 'far', outcome: 'decline', score: 90, evidence: { 'card.speed_kmh': 4012.34 } },
      ] as const,
    };
    const text = explainDecision(
      toTrafficItem(event, null),
      decision,
      new Map([['far', 'Too far to be true.']]),
      'Headline',
    );
    assert.match(text, /Headline: DECLINED, score 90 of 100\n +EUR 50\.00 in a web shop, FR/);
    assert.match(
      text,
      /Far away: Too far to be true\.\n +seen: card speed in km\/h = 4,012\.3\n.*Weak: rule weak matched/,
    );
  });

  test('takes the condition of a rule that has no description', () => {
    const text = `rules:\n  - { id: a, description: 'What a is. ', when: x > 1 }\n  - { id: b, when: x > 2 }\n  - 7\n`;
    assert.deepEqual(
      [...ruleDescriptionsOf(text)],
      [
        ['a', 'What a is.'],
        ['b', 'matches when x > 2'],
      ],
    );
    assert.equal(ruleDescriptionsOf('name: nothing').size, 0);
  });

  test('writes every acronym of a reason in capitals', () => {
    assert.equal(reasonWords('AVS_AND_CVV_FAILED'), 'AVS and CVV failed');
  });

  test('draws a bar', () => {
    assert.equal(drawBar(0), `[${'.'.repeat(28)}]`);
    assert.equal(drawBar(0.5), `[${'#'.repeat(14)}${'.'.repeat(14)}]`);
    assert.equal(drawBar(2), `[${'#'.repeat(28)}]`);
  });

  test('is silent at first, and leaves no trace on a plain stream', () => {
    const captured = captureIo();
    const bar = new ProgressBar(captured.io.stderr, 'work');
    for (let done = 0; done < 1000; done++) bar.update(done / 1000, done);
    bar.finish();
    assert.equal(captured.stderr(), '');
  });
});

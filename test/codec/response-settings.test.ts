import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readResponseSettings } from '../../src/codec/mod.ts';

const url = 'https://example.com/hook';

describe('routes of alerts', () => {
  test('tell PagerDuty of the end of an alert, and others where they say so', () => {
    const routes = [
      { name: 'pager', endpoint: 'pager' },
      { name: 'mute-pager', endpoint: 'pager', resolve: false },
      { name: 'team', endpoint: 'slack' },
      { name: 'board', endpoint: 'slack', resolve: true },
    ];
    const endpoints = { pager: { format: 'pagerduty', url, routing_key: 'k' }, slack: { format: 'slack', url } };
    const { options } = readResponseSettings({ endpoints, sagas: { alert: { routes } } }, ['alert']);
    const read = options.get('alert')?.routes;
    assert.ok(Array.isArray(read));
    assert.deepEqual(
      read.map((route: { name: string; resolves: boolean }) => [route.name, route.resolves]),
      [
        ['pager', true],
        ['mute-pager', false],
        ['team', false],
        ['board', true],
      ],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Duty } from '../../../src/domain/duties.ts';
import type {
  ClusterNode,
  ClusterView,
  JoinOptions,
  Membership,
  PeerCall,
  Peers,
  RelayedAnswer,
} from '../../../src/ports/cluster.ts';
import type { AuthorizeCommand } from '../../../src/ports/engine.ts';
import { ClusterRouter } from '../../../src/runtime/cluster/cluster-router.ts';
import { startRig } from '../../support/engine-rig.ts';
import { transactionOf } from '../../support/event-builders.ts';

const SELF: ClusterNode = { id: 'self-1', name: 'self', url: 'http://self', duties: ['sagas', 'publisher'] };
const OTHER: ClusterNode = { id: 'other-1', name: 'other', url: 'http://other', duties: ['sagas'] };
const DIRECT = { isForwarded: false, credential: 'pk_key' };

const THIRD: ClusterNode = { id: 'third-1', name: 'third', url: 'http://third', duties: ['sagas'] };
const SAGAS_ELSEWHERE = JSON.stringify({ code: 'SAGAS_ELSEWHERE', detail: 'Another node runs the sagas.' });

type Answering = (call: PeerCall) => ReturnType<Peers['authorize']>;

/** A node whose membership and peers a test plays. */
async function routed(
  owner: ClusterNode,
  answering: Answering,
  relaying: RelayedAnswer | null = null,
  elsewhere: string | null = null,
) {
  const rig = await startRig();
  const joined: JoinOptions[] = [];
  const calls: PeerCall[] = [];
  const lost: string[] = [];
  const held: Duty[] = [];
  const membership: Membership = {
    join: (options) => {
      joined.push(options);
      return { leave: async () => {}, lags: async () => [] };
    },
  };
  const peers: Peers = {
    authorize: (call) => {
      calls.push(call);
      return answering(call);
    },
    relay: async (url, { path }) => {
      if (relaying === null) throw new Error('no answer');
      if (url === elsewhere) return { ...relaying, status: 503, body: SAGAS_ELSEWHERE };
      return { ...relaying, body: `${url}${path}` };
    },
    state: async () => null,
    close: () => {},
  };
  const router = new ClusterRouter({
    engine: rig.engine,
    membership,
    peers,
    clock: rig.clock,
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    shardCount: 4,
    held: () => held,
    onLost: (isLost) => lost.push(...['card-a', 'card-b'].filter(isLost)),
  });
  router.join(SELF);
  const show = (view: ClusterView): void => joined[0]?.onView(view);
  show({ nodes: [OTHER, SELF], owners: Array.from({ length: 4 }, () => owner.id) });
  const commandOf = (id: string): AuthorizeCommand => {
    const transaction = transactionOf(id);
    return { transaction, text: JSON.stringify(transaction), receivedAtMs: rig.clock.monotonicMs(), deadlineMs: 250 };
  };
  const hear = (reason: string): void => joined[0]?.onTrouble(reason);
  return { rig, router, calls, lost, held, show, hear, commandOf };
}

const refused = (code: string, status: number): Answering => {
  return async () => ({ ok: false, status, body: JSON.stringify({ code, detail: `said ${code}`, errors: [] }) });
};
const gone: Answering = async () => {
  throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
};
const slow: Answering = async () => {
  throw new Error('no answer in 125 ms');
};

describe('an authorization at a node', () => {
  test('of its own card is decided there', async () => {
    const { router, calls, commandOf } = await routed(SELF, gone);
    const { outcome } = await router.authorize(commandOf('t1'), DIRECT);
    assert.deepEqual([outcome, calls.length, router.statistics().calls.owned], ['approve', 0, 1]);
  });

  test('of another node goes there once, with the key of the caller and half of the time', async () => {
    const body = '{"outcome":"decline","mode":"full"}';
    const { router, calls, commandOf, rig } = await routed(OTHER, async () => ({ ok: true, body, repeated: true }));
    const answer = await router.authorize(commandOf('t1'), DIRECT);
    assert.deepEqual(answer, { body, outcome: 'decline', mode: 'full', repeated: true });
    const { text } = commandOf('t1');
    assert.deepEqual(calls, [{ url: OTHER.url, text, credential: 'pk_key', timeoutMs: 125 }]);
    assert.equal(rig.engine.statistics().decisions, 0);
  });

  test('that was forwarded to it goes no further, whoever owns the card', async () => {
    const { router, calls, commandOf } = await routed(OTHER, gone);
    await router.authorize(commandOf('t1'), { isForwarded: true, credential: null });
    assert.deepEqual([calls.length, router.statistics().calls.taken], [0, 1]);
  });

  test('is decided as a guest where the owner is gone, is slow, drains, or says what makes no sense', async () => {
    const nonsense: Answering = async () => ({ ok: true, body: '<html>', repeated: false });
    const answerings = [gone, slow, refused('ENGINE_DRAINING', 503), refused('AUTH_INVALID', 401), nonsense];
    for (const answering of answerings) {
      const { router, rig, commandOf } = await routed(OTHER, answering);
      await router.authorize(commandOf('t1'), DIRECT);
      const { guest, failed, forwarded } = router.statistics().calls;
      assert.deepEqual([guest, failed, forwarded, rig.engine.statistics().decisions], [1, 1, 0, 1]);
    }
  });

  test('is refused as the owner refuses it where that is final', async () => {
    for (const code of ['TRANSACTION_CONFLICT', 'REQUEST_CARD_DATA', 'ENGINE_OVERLOADED']) {
      const { router, rig, commandOf } = await routed(OTHER, refused(code, 409));
      await assert.rejects(router.authorize(commandOf('t1'), DIRECT), { code, message: `said ${code}` });
      assert.equal(rig.engine.statistics().decisions, 0);
    }
  });

  test('does not wait for an owner that has just shown not to answer, and asks it again later', async () => {
    const { router, rig, calls, commandOf } = await routed(OTHER, slow);
    for (let index = 0; index < 6; index++) await router.authorize(commandOf(`t${index}`), DIRECT);
    assert.equal(calls.length, 3);
    const report = await router.report(null);
    assert.deepEqual(
      report.members.map(({ isTrusted }) => isTrusted),
      [false, true],
    );
    rig.clock.advance(600);
    await router.authorize(commandOf('t6'), DIRECT);
    await router.authorize(commandOf('t7'), DIRECT);
    assert.equal(calls.length, 4);
  });

  test('is decided there while no owner is known, and after it has left', async () => {
    const { router, calls, show, commandOf } = await routed(OTHER, gone);
    show({ nodes: [], owners: [] });
    await router.authorize(commandOf('t1'), DIRECT);
    show({ nodes: [OTHER], owners: Array.from({ length: 4 }, () => OTHER.id) });
    await router.leave();
    await router.authorize(commandOf('t2'), DIRECT);
    assert.equal(calls.length, 0);
  });
});

describe('a duty', () => {
  const owners: readonly null[] = [null, null, null, null];

  test('is for one of those that would do it, by what was heard of late', async () => {
    const { router, show, hear, rig } = await routed(SELF, gone);
    assert.equal(router.standing('publisher', Number.NEGATIVE_INFINITY), 'unknown');
    rig.clock.advance(10);
    hear('');
    assert.equal(router.standing('publisher', Number.NEGATIVE_INFINITY), 'self');
    assert.equal(router.standing('publisher', 10), 'unknown');
    show({ nodes: [OTHER], owners });
    assert.equal(router.standing('sagas', Number.NEGATIVE_INFINITY), 'other');
    assert.equal(router.standing('publisher', Number.NEGATIVE_INFINITY), 'unknown');
    rig.clock.advance(4_000);
    assert.equal(router.standing('sagas', Number.NEGATIVE_INFINITY), 'unknown');
    await router.leave();
    assert.equal(router.standing('publisher', Number.NEGATIVE_INFINITY), 'other');
  });

  test('of another node has its calls answered there, with its words', async () => {
    const call = { method: 'GET', path: '/v1/sagas?open=true', body: '', credential: null, headers: {} } as const;
    const said = { status: 409, contentType: 'application/problem+json', body: '' };
    const { router, show, held } = await routed(SELF, gone, said);
    show({ nodes: [OTHER], owners });
    assert.deepEqual(await router.relay('sagas', call), { ...said, body: `${OTHER.url}${call.path}` });
    assert.equal(await router.relay('publisher', call), null);
    held.push('sagas');
    assert.equal(await router.relay('sagas', call), null);
  });

  test('has its calls answered by whichever other node has it, where the chosen one has not', async () => {
    const call = { method: 'GET', path: '/v1/sagas', body: '', credential: null, headers: {} } as const;
    const said = { status: 200, contentType: 'application/json', body: '' };
    for (const [without, having] of [
      [OTHER, THIRD],
      [THIRD, OTHER],
    ] as const) {
      const { router, show } = await routed(SELF, gone, said, without.url);
      show({ nodes: [SELF, OTHER, THIRD], owners });
      assert.deepEqual(await router.relay('sagas', call), { ...said, body: `${having.url}${call.path}` });
      show({ nodes: [SELF, without], owners });
      assert.equal(await router.relay('sagas', call), null);
    }
  });

  test('of a node that does not answer is nobody else to answer for', async () => {
    const call = { method: 'POST', path: '/v1/sagas', body: '{}', credential: null, headers: {} } as const;
    const { router, show } = await routed(SELF, gone);
    show({ nodes: [OTHER], owners });
    assert.equal(await router.relay('sagas', call), null);
  });
});

describe('a node that loses shards', () => {
  test('lets their cards go, once', async () => {
    const { show, lost } = await routed(SELF, gone);
    const owners = Array.from({ length: 4 }, () => OTHER.id);
    show({ nodes: [OTHER, SELF], owners });
    assert.deepEqual(lost, ['card-a', 'card-b']);
    show({ nodes: [OTHER, SELF], owners });
    assert.equal(lost.length, 2);
  });
});

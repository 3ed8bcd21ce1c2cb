import { Counter, Gauge, type Registry } from 'prom-client';
import { DUTIES } from '../domain/duties.ts';
import type { Cluster } from '../ports/cluster.ts';

/** Shows on the metrics page what a node knows of its cluster without asking. */
export function registerCluster(registry: Registry, cluster: Cluster): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge(
    'palisade_cluster_members',
    'Nodes in the cluster, as far as this one knows',
    () => cluster.statistics().members,
  );
  gauge('palisade_cluster_shards_owned', 'Shards that this node owns', () => cluster.statistics().shardsOwned);
  new Gauge({
    name: 'palisade_cluster_duty_held',
    help: '1 while this node does a duty for all nodes',
    labelNames: ['duty'],
    registers,
    collect() {
      const { held } = cluster.state();
      for (const duty of DUTIES) this.set({ duty }, held.includes(duty) ? 1 : 0);
    },
  });
  gauge('palisade_cluster_troubled', '1 while nothing new is known of the other nodes', () =>
    cluster.statistics().isTroubled ? 1 : 0,
  );
  new Counter({
    name: 'palisade_cluster_calls_total',
    help: 'Authorizations by the way they took through this node',
    labelNames: ['way'],
    registers,
    collect() {
      this.reset();
      for (const [way, count] of Object.entries(cluster.statistics().calls)) this.inc({ way }, count);
    },
  });
}

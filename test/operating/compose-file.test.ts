import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type ComposeService, copiedPaths, ROOT, readCompose, textOf } from './compose-model.ts';

const PROFILES = ['embedded', 'cluster'];
const { services, volumes } = readCompose();
const entries = Object.entries(services);

function isOneShot(service: ComposeService): boolean {
  return service.restart === 'no';
}

describe('docker-compose.yml', () => {
  test('has every part of both profiles', () => {
    const namesOf = (profile: string): string[] =>
      entries.filter(([, { profiles }]) => profiles?.includes(profile)).map(([name]) => name);
    const shared = ['keys', 'sandbox', 'prometheus', 'grafana'];
    assert.deepEqual(namesOf('embedded').toSorted(), [...shared, 'palisade'].toSorted());
    const engines = ['engine-1', 'engine-2', 'engine-3'];
    assert.deepEqual(namesOf('cluster').toSorted(), [...shared, ...engines, 'kurrentdb', 'kafka'].toSorted());
    for (const [name, { profiles = [] }] of entries) {
      assert.ok(
        profiles.every((each) => PROFILES.includes(each)),
        name,
      );
    }
  });

  test('pins every image to one version', () => {
    for (const [name, { image = '' }] of entries) assert.match(image, /^[\w./-]+:v?\d+\.\d+\.\d+$/, name);
    assert.match(textOf('Dockerfile'), /^FROM node:\d+\.\d+\.\d+-\w+-slim$/m);
    const { version } = JSON.parse(textOf('package.json'));
    for (const [name, { build, image }] of entries) {
      if (build !== undefined) assert.equal(image, `palisade:${version}`, name);
    }
  });

  test('runs the broker that the tests of Kafka run, and the Node that the package names', () => {
    const tested = /KAFKA_VERSION = '([\d.]+)'/.exec(textOf('test/support/kafka/broker.ts'))?.[1];
    assert.equal(services.kafka?.image, `apache/kafka:${tested}`);
    const { dependencies } = JSON.parse(textOf('package.json'));
    assert.match(textOf('Dockerfile'), new RegExp(`^FROM node:${dependencies.node}-`, 'm'));
  });

  test('asks every service that stays how it is', () => {
    for (const [name, service] of entries) {
      const { healthcheck } = service;
      if (isOneShot(service)) assert.equal(healthcheck, undefined, name);
      else {
        assert.equal(healthcheck?.test[0], 'CMD', name);
        assert.match(`${healthcheck?.interval} ${healthcheck?.timeout}`, /^\d+s \d+s$/, name);
      }
    }
  });

  test('starts after what it needs, which the same profiles have', () => {
    for (const [name, { depends_on: needs = {}, profiles = [] }] of entries) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        const service = services[needed];
        assert.ok(service !== undefined, `${name} needs ${needed}, which is no service`);
        const wanted = isOneShot(service) ? 'service_completed_successfully' : 'service_healthy';
        assert.equal(condition, wanted, `${name} needs ${needed}`);
        for (const profile of profiles) assert.ok(service.profiles?.includes(profile), `${name} in ${profile}`);
      }
    }
  });

  test('mounts volumes that are declared and files that are there', () => {
    const used = new Set<string>();
    for (const [name, { volumes: mounts = [] }] of entries) {
      for (const mount of mounts) {
        const [source = ''] = mount.split(':');
        if (source.startsWith('./')) assert.ok(existsSync(join(ROOT, source)), `${name}: ${source}`);
        else used.add(source);
      }
    }
    assert.deepEqual([...used].toSorted(), Object.keys(volumes).toSorted());
  });

  test('gives each engine a folder of its own, on a volume', () => {
    const folders = entries.flatMap(([, { volumes: mounts = [] }]) =>
      mounts.filter((mount) => mount.includes(':/var/lib/palisade')),
    );
    assert.equal(folders.length, 4);
    assert.equal(new Set(folders).size, 4);
  });

  test('is reached from this machine only, each service on a port of its own', () => {
    for (const profile of PROFILES) {
      const ports = entries.flatMap(([, service]) =>
        service.profiles?.includes(profile) ? (service.ports ?? []) : [],
      );
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
      assert.equal(new Set(ports.map((port) => port.split(':')[1])).size, ports.length, profile);
    }
  });

  test('gives no process more rights than it needs', () => {
    for (const [name, service] of entries) {
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      if (service.build !== undefined) assert.equal(service.read_only, true, name);
    }
    assert.match(textOf('Dockerfile'), /^USER node$/m);
  });

  test('has the names by which its parts call each other', () => {
    const names = new Set(entries.flatMap(([name, { networks }]) => [name, ...(networks?.default?.aliases ?? [])]));
    const called = entries.flatMap(([, { command = [] }]) =>
      [...command.join(' ').matchAll(/(?:\/\/|--kafka=)([a-z][\w-]*):\d+/g)].map((match) => match[1] ?? ''),
    );
    const files = ['operating/prometheus.yml', 'operating/grafana/provisioning/datasources/prometheus.yml'].map(textOf);
    const configured = [...files.join('\n').matchAll(/(?:\/\/|names: \[)([a-z][\w-]*)/g)].map(
      (match) => match[1] ?? '',
    );
    assert.ok(called.length > 3 && configured.length === 2);
    for (const name of [...called, ...configured]) assert.ok(names.has(name), `nobody answers to ${name}`);
  });
});

test('the image gets what the build may see, and all of it', () => {
  const seen = textOf('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  assert.deepEqual(copiedPaths().toSorted(), seen.toSorted());
  for (const path of seen) assert.ok(existsSync(join(ROOT, path)), path);
});

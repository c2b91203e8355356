import type { CallerAction, Connection, Fault, OwnFault, Stage } from './fault.js'

/** The places of the caller and of the caller's own code. */
export const CALLER_STAGES: readonly Stage[] = [
  { name: 'caller', title: 'the caller', kind: 'caller' },
  { name: 'source', title: "the caller's own source", kind: 'caller' },
  { name: 'own-stage', title: "a stage of the caller's own", kind: 'caller' },
  { name: 'listener', title: "the caller's own listener", kind: 'caller' },
  { name: 'connection', title: 'the connection to the store', kind: 'caller' },
]

const ACTIONS: readonly (readonly [CallerAction, string])[] = [
  ['destroy', 'destroys the sink'],
  ['destroy-error', 'destroys the sink with an error'],
  ['destroy-source', 'destroys the source'],
  ['abort', 'aborts the signal'],
]

const STEPS = [
  'get-first',
  'get-later',
  'get-last',
  'create',
  'part-first',
  'part-last',
  'complete',
  'put',
  'put-last',
]

const AT: readonly Fault[] = ACTIONS.flatMap(([action, title]) => [
  { name: `${action}-at-once`, title: `${title} at once`, stages: ['caller'], caller: { action } },
  ...STEPS.map(at => ({
    name: `${action}-at-${at}`,
    title: `${title} during ${at}`,
    stages: ['caller'],
    caller: { action, at },
  })),
  ...STEPS.filter(at => !at.startsWith('get')).map(at => ({
    name: `${action}-after-${at}`,
    title: `${title} after ${at} is performed, before the response`,
    stages: ['caller'],
    caller: { action, at, performed: true },
  })),
])

const own = (stage: string, name: OwnFault, title: string, more: Partial<Fault> = {}): Fault => ({
  name: name.replace(/^(source|stage|listener)-/, ''),
  title,
  stages: [stage],
  own: name,
  ...more,
})

const way = (name: Connection, title: string, more: Partial<Fault> = {}): Fault => ({
  name,
  title,
  stages: ['connection'],
  connection: name,
  ...more,
})

/** Faults of callers, of their code, and of their machines. */
export const CALLER_FAULTS: readonly Fault[] = [
  ...AT,
  own('source', 'source-ends-early', 'ends in the middle of the media'),
  own('source', 'source-fails', 'fails in the middle of the media'),
  own('source', 'source-throws', 'fails at the first read'),
  own('source', 'source-closes', 'closes without ending'),
  own('source', 'source-never-ends', 'never ends; the signal is aborted', { stalls: true }),
  own('source', 'source-is-garbage', 'is not media'),
  own('source', 'source-heeds-no-signal', 'ignores the signal', { stalls: true }),
  own('source', 'source-short-read', 'returns fewer bytes than requested'),
  own('own-stage', 'stage-fails', 'fails'),
  own('own-stage', 'stage-closes', 'closes without ending'),
  own('own-stage', 'stage-stalls', 'stalls; the signal is aborted', { stalls: true }),
  own('listener', 'listener-throws', 'throws'),
  way('refused', 'refused'),
  way('refused-twice', 'refused at both addresses'),
  way('no-such-host', 'no such host'),
  way('tls', 'TLS', { recovers: true }),
  way('tls-damaged', 'a damaged TLS record'),
  way('no-tls', 'TLS to a plain HTTP port'),
  way('clock-off', 'a clock off by three hours'),
  way('credentials-once', 'a credential provider that fails once after working'),
  way('credentials-never', 'a credential provider that fails'),
  way('one-socket', 'a single socket', { recovers: true }),
]

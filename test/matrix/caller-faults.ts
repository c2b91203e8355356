import type { CallerAction, Connection, Fault, OwnFault, Stage } from './fault.js'

/** Where the caller, and what is the caller's own, has a hand in it. */
export const CALLER_STAGES: readonly Stage[] = [
  { name: 'caller', title: 'the caller', kind: 'caller' },
  { name: 'source', title: "the caller's own source", kind: 'caller' },
  { name: 'own-stage', title: "a stage of the caller's own", kind: 'caller' },
  { name: 'listener', title: "the caller's own listener", kind: 'caller' },
  { name: 'connection', title: 'the way to the store', kind: 'caller' },
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
    title: `${title} when ${at} is done and not yet answered`,
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

/** What callers do, and the code and the machines of theirs. */
export const CALLER_FAULTS: readonly Fault[] = [
  ...AT,
  own('source', 'source-ends-early', 'ends within its media'),
  own('source', 'source-fails', 'fails within its media'),
  own('source', 'source-throws', 'fails at the first read'),
  own('source', 'source-closes', 'closes without an end'),
  own('source', 'source-never-ends', 'never ends, and the signal is aborted', { stalls: true }),
  own('source', 'source-is-garbage', 'is no media'),
  own('source', 'source-heeds-no-signal', 'heeds no signal', { stalls: true }),
  own('source', 'source-short-read', 'gives less than was asked for'),
  own('own-stage', 'stage-fails', 'fails'),
  own('own-stage', 'stage-closes', 'closes without an end'),
  own('own-stage', 'stage-stalls', 'stands still, and the signal is aborted', { stalls: true }),
  own('listener', 'listener-throws', 'throws'),
  way('refused', 'refused'),
  way('refused-twice', 'refused, at both addresses'),
  way('no-such-host', 'no such host'),
  way('tls', 'TLS', { recovers: true }),
  way('tls-damaged', 'a TLS record damaged on the way'),
  way('no-tls', 'TLS to a port that speaks none'),
  way('clock-off', 'a clock that is three hours off'),
  way('credentials-once', 'a provider of credentials that fails once it had worked'),
  way('credentials-never', 'a provider of credentials that fails'),
  way('one-socket', 'a single socket', { recovers: true }),
]

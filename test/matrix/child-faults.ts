import type { Fault, Stage } from './fault.js'

/** The programs that run, by purpose. */
export const CHILD_STAGES: readonly Stage[] = [
  { name: 'version', title: 'ffmpeg reporting its version', kind: 'child' },
  { name: 'look-ahead', title: 'ffmpeg reporting the streams', kind: 'child' },
  { name: 'ffmpeg', title: 'ffmpeg doing the job', kind: 'child' },
  { name: 'ffprobe', title: 'ffprobe', kind: 'child' },
]

const ALL = CHILD_STAGES.map(stage => stage.name)
const still = { stalls: true } as const

const fault = (name: string, title: string, more: Partial<Fault> = {}): Fault => ({
  name,
  title,
  stages: ALL,
  child: name,
  ...more,
})

/** Faults of programs. `faulty-tool.sh` knows these names. */
export const CHILD_FAULTS: readonly Fault[] = [
  fault('killed', 'SIGKILL at once'),
  fault('terminated', 'SIGTERM at once'),
  fault('interrupted', 'SIGINT at once'),
  fault('killed-midway', 'SIGKILL after some output (out of memory)'),
  fault('crashed', 'SIGSEGV after some output'),
  fault('stopped', 'SIGSTOP', still),
  fault('silent', 'hangs without output', still),
  fault('deaf', 'hangs and ignores SIGTERM', still),
  fault('exits-0', 'exit 0 at once'),
  fault('exits-1', 'exit 1 at once'),
  fault('exits-0-midway', 'exit 0 in the middle of the output'),
  fault('exits-1-late', 'exit 1 after complete output'),
  fault('floods', 'megabytes of stderr'),
  fault('closes-stdout', 'closes stdout early'),
  fault('closes-stdin', 'closes stdin early'),
  fault('closes-stderr', 'closes stderr early'),
  fault('garbage', 'garbage after complete output'),
  fault('copies', 'another program in place of ffmpeg'),
  fault('grandchild', 'a grandchild that keeps the pipes open'),
  fault('wrapper', 'a wrapper script without `exec`', { recovers: true }),
  fault('missing', 'no such program'),
  fault('no-program', 'a file that is not executable'),
  fault('too-old', 'an ffmpeg that is too old', { stages: ['version'] }),
]

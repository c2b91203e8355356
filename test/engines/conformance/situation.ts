import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { endProcess, isGone } from '../../support/child.js'
import type { EngineName, End } from './farm.js'
import { PLACES } from './film.js'
import type { Lab } from './lab.js'
import { MARK } from './worker-process.js'

/** What must hold at the end of a situation. */
export interface Expected {
  /** The digests of which the target has one. */
  readonly target: readonly (string | undefined)[]
  /** How often the target was written. @defaultValue once if there is one */
  readonly commits?: readonly number[]
  /** The most media of chunks that were stored or begun. */
  readonly encoded?: number
  /** Codes of the dead letters. @defaultValue none */
  readonly dead?: readonly string[]
  /** Pieces are kept for another attempt. */
  readonly keepsWork?: boolean
}

/** A situation, in which an engine may end in two ways only: with the right bytes once, or with one clear error. */
export interface Situation {
  readonly name: string
  /** The engines that can get into it. @defaultValue all */
  readonly engines?: readonly EngineName[]
  /** It hurts the server, which others can't share meanwhile. */
  readonly hurtsServer?: boolean
  /** It needs no look into the store, and so runs over a real one, too. */
  readonly isForAnyStore?: boolean
  /** It replaces an object, which Ceph 16 refuses whatever the condition: see docs/s3-compatible.md. */
  readonly replaces?: boolean
  run(lab: Lab): Promise<Expected>
}

/** How long workers may take to end, and calls to be answered, in milliseconds; the machine may be busy. */
const LAST = 30_000

/** Runs a situation and judges its end. Returns what does not hold. */
export async function judged(situation: Situation, lab: Lab, mark: string): Promise<readonly string[]> {
  let expected: Expected
  try {
    expected = await situation.run(lab)
  } catch (error) {
    return [...lab.problems, `it ended early: ${(error as Error).stack}`, ...lab.farm.crew.logs()]
  }
  await judge(lab, expected)
  await workersEnd(lab, mark)
  if (lab.store.s3 !== undefined) {
    const late = lab.forbiddenCalls
    lab.check(late.length === 0, `without its lock, a worker sent ${late.join(', ')}`)
  }
  return lab.problems.length > 0 ? [...lab.problems, ...lab.farm.crew.logs()] : []
}

async function judge(lab: Lab, expected: Expected): Promise<void> {
  const { target, dead = [], keepsWork = false, encoded } = expected
  const { farm, store } = lab
  const found = await lab.digestOf(PLACES.target)
  lab.check(target.includes(found), `the target is ${found}, and not ${target.join(' or ')}`)
  const letters = await farm.deadLetters()
  const codes = letters.map(({ code }) => code ?? 'no code').sort()
  lab.check(
    codes.join() === [...dead].sort().join(),
    `the dead letters are [${codes.join()}], not [${dead.join()}]`,
  )
  const left = [...(await farm.left()), ...(keepsWork ? [] : await lab.leftovers())]
  lab.check(left.length === 0, `left are ${left.join(', ')}`)
  await secretsAreKept(lab)
  if (store.s3 === undefined) return
  const { commits = [found === undefined ? 0 : 1] } = expected
  lab.check(commits.includes(lab.commits), `${lab.commits} writes of the target, not ${commits.join(' or ')}`)
  if (encoded === undefined) return
  const most = encoded + lostLocks(lab)
  lab.check(lab.encoded <= most, `${lab.encoded} chunks were encoded, ${most} at most are allowed`)
}

/** On a busy machine a worker may seem dead that is only slow. */
function lostLocks({ farm }: Lab): number {
  const told = farm.crew.workers.flatMap(worker => worker.told)
  return told.filter(({ error }) => error?.code === 'AVIO_ERR_QUEUE_LOCK_LOST').length
}

/** The keys of the store and the password of the server are in no record of the engine and no log of a worker. */
async function secretsAreKept(lab: Lab): Promise<void> {
  const { farm, store } = lab
  const text = [await farm.kept(), ...lab.farm.crew.logs()].join('\n')
  const { secretAccessKey, accessKeyId } = store.config.credentials as unknown as Record<string, string>
  for (const secret of [secretAccessKey, accessKeyId, farm.server?.password]) {
    lab.check(secret === undefined || !text.includes(secret), 'a secret is in the engine or in a log')
  }
}

/** Workers end on SIGTERM, and leave no process. */
async function workersEnd(lab: Lab, mark: string): Promise<void> {
  const end = performance.now() + LAST
  const codes = await Promise.race([lab.farm.crew.drain(), delay(LAST, ['late'], { ref: false })])
  lab.check(
    codes.every(code => code === 0),
    `workers ended with ${codes.join()}`,
  )
  await lab.farm.close()
  let pids = marked(mark)
  while (pids.length > 0 && performance.now() < end) {
    await delay(50)
    pids = marked(mark)
  }
  lab.check(pids.length === 0, `processes ${pids.join()} are left`)
  for (const pid of pids) endProcess(pid)
}

/** The processes of a case, whoever their parent is. */
function marked(mark: string): number[] {
  const own = `${MARK}=${mark}`
  const hasMark = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(own)
    } catch {
      return false
    }
  }
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => hasMark(pid) && !isGone(pid))
}

/** Fails unless a job ended that way. */
export function ended(lab: Lab, end: End, state: End['state']): void {
  const told = end.state === 'failed' ? `failed with ${end.code}: ${end.remedy}` : end.state
  lab.check(end.state === state, `the job ${told}, and should be ${state}`)
}

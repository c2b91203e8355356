import { CHUNKS, PLACES } from '../film.js'
import { type HeldCall, type Lab, secondChunk } from '../lab.js'
import { reference } from '../reference.js'
import { type Expected, type Situation, ended } from '../situation.js'
import type { GoesOn, WorkerProcess } from '../worker-process.js'

/** A newer job for the same key. */
const NEWER = { crf: 40 }

/** A worker that stands still in a step, which another one has taken over. */
interface Zombie {
  readonly worker: WorkerProcess
  readonly id: string
  readonly held?: HeldCall
  /** @defaultValue all */
  readonly goesOn?: GoesOn
}

type Silent = Required<Omit<Zombie, 'goesOn'>>

/** Starts a worker alone, stops it by SIGSTOP at a call of it, and waits until a second one has its step. */
async function zombie(lab: Lab, hold: () => HeldCall, isSplit = true): Promise<Silent> {
  const { worker, id, held } = await busy(lab, hold, isSplit)
  await worker.stop()
  await lab.farm.start()
  await lab.farm.gaveAway(worker)
  return { worker, id, held }
}

/** The same in a chunk, and in the middle of a run of ffmpeg, which stands still as well. */
async function zombieInChunk(lab: Lab): Promise<Silent> {
  const { worker, id, held } = await busy(lab, () => lab.holdSecondChunk())
  held.release()
  await worker.stopWithFfmpeg()
  await lab.farm.start()
  await lab.farm.gaveAway(worker)
  return { worker, id, held }
}

async function busy(lab: Lab, hold: () => HeldCall, isSplit = true): Promise<Silent> {
  const worker = await lab.farm.start()
  const held = hold()
  const { id } = await lab.farm.add(lab.job({ isSplit }))
  await held.reached
  return { worker, id, held }
}

/** Lets it go on, and waits until it has noticed. */
async function wake({ worker, held, goesOn }: Zombie): Promise<void> {
  const from = worker.told.length
  held?.release()
  await worker.goOn(goesOn)
  // What it does without its lock may come to nothing: that is an error outside of a step.
  await worker.hears(({ type }) => type !== 'start', from)
}

/** The same after the end of all jobs: from then on it must not write. */
async function wakeLate(lab: Lab, zombie: Zombie): Promise<void> {
  // Without a lock, as in this process, only the target is safe.
  if (lab.farm.engine === 'process') {
    await wake(zombie)
    return
  }
  lab.mustNotWrite(zombie.worker)
  await wake(zombie)
  // It knows, and there is nothing left to do.
  await lab.mustNotSend(zombie.worker)
}

async function newerJob(lab: Lab): Promise<void> {
  const { id } = await lab.farm.add(lab.job(NEWER))
  ended(lab, await lab.farm.end(id), 'done')
}

const GOES_ON = {
  ffmpeg: 'its ffmpeg goes on, and later itself',
  worker: 'it goes on, but not its ffmpeg',
} as const

/** SIGSTOP until the lock has expired and another worker has the step, then SIGCONT. */
export const ZOMBIES: readonly Situation[] = [
  {
    name: 'a worker stands still in a chunk, and goes on after the join',
    run: async lab => {
      const silent = await zombieInChunk(lab)
      ended(lab, await lab.farm.end(silent.id), 'done')
      await wakeLate(lab, silent)
      return { target: [await reference()], ...onceOrAgain(lab) }
    },
  },
  ...(['ffmpeg', 'worker'] as const).map((first): Situation => ({
    name: `a worker stands still in a chunk, and after the join ${GOES_ON[first]}`,
    // Without a lock, it would wait for that ffmpeg.
    engines: ['redis', 'postgres'],
    run: async lab => {
      const silent = await zombieInChunk(lab)
      ended(lab, await lab.farm.end(silent.id), 'done')
      await wakeLate(lab, { ...silent, goesOn: first })
      return { target: [await reference()], ...onceOrAgain(lab) }
    },
  })),
  {
    name: 'a worker stands still in a chunk, and goes on after a newer job wrote the key',
    run: async lab => {
      const silent = await zombieInChunk(lab)
      ended(lab, await lab.farm.end(silent.id), 'done')
      await newerJob(lab)
      await wakeLate(lab, silent)
      return newerStays(lab)
    },
  },
  {
    name: 'a worker stands still as it begins a chunk, and goes on after a newer job wrote the key',
    engines: ['redis', 'postgres'],
    isForAnyStore: true,
    replaces: true,
    run: async lab => {
      const worker = await lab.farm.start()
      const { id } = await lab.farm.add(lab.job())
      await secondChunk(worker)
      await worker.stop()
      await lab.farm.start()
      await lab.farm.gaveAway(worker)
      ended(lab, await lab.farm.end(id), 'done')
      await newerJob(lab)
      await wakeLate(lab, { worker, id })
      return newerStays(lab)
    },
  },
  {
    name: 'a worker stands still in the join, its write under way, and goes on after a newer job wrote the key',
    run: async lab => {
      const silent = await zombie(lab, () => lab.holdTarget())
      ended(lab, await lab.farm.end(silent.id), 'done')
      await newerJob(lab)
      await wakeLate(lab, silent)
      return newerStays(lab)
    },
  },
  {
    name: 'a worker stands still in the join, about to replace an object, while a newer job replaces it',
    run: async lab => {
      await lab.put(PLACES.target, Buffer.from('old'))
      const silent = await zombie(lab, () => lab.holdTarget())
      ended(lab, await lab.farm.end(silent.id), 'done')
      await newerJob(lab)
      await wakeLate(lab, silent)
      return { ...(await newerStays(lab)), commits: [3] }
    },
  },
  {
    name: 'a worker stands still in a whole job, its write under way, and goes on after a newer job wrote the key',
    engines: ['redis', 'postgres'],
    run: async lab => {
      const silent = await zombie(lab, () => lab.holdTarget(), false)
      ended(lab, await lab.farm.end(silent.id), 'done')
      await newerJob(lab)
      await wakeLate(lab, silent)
      return newerStays(lab)
    },
  },
  ...[true, false].map((isSplit): Situation => ({
    name: `a ${isSplit ? 'split' : 'whole'} job whose worker died is taken over after a newer job wrote the key`,
    engines: ['redis', 'postgres'],
    run: async lab => {
      const worker = await lab.farm.start()
      const held = isSplit ? lab.holdSecondChunk() : lab.hold({ operation: 'GetObject', key: PLACES.source })
      const older = await lab.farm.add(lab.job({ isSplit }))
      await held.reached
      await worker.kill()
      held.release()
      // One step, while the older job is still locked.
      const newest = { ...NEWER, isSplit: false }
      const newer = await lab.farm.add(lab.job(newest))
      await lab.farm.start()
      ended(lab, await lab.farm.end(newer.id), 'done')
      const { state } = await lab.farm.end(older.id)
      const target = [await reference(newest)]
      // On a busy machine the lock may expire first; then the newer job replaces what the older one wrote.
      if (state === 'done') return { target, commits: [2] }
      const code = isSplit ? 'AVIO_ERR_PLAN_TARGET_CHANGED' : 'AVIO_ERR_PRECONDITION_FAILED'
      return { target, commits: [1], dead: [code], keepsWork: true }
    },
  })),
  {
    name: 'a worker stands still in a chunk, and goes on while another one encodes it',
    run: async lab => {
      const silent = await zombieInChunk(lab)
      await wake(silent)
      ended(lab, await lab.farm.end(silent.id), 'done')
      return { target: [await reference()], ...onceOrAgain(lab) }
    },
  },
]

/** A worker of this process has no lock, and encodes again what was removed meanwhile. */
function onceOrAgain(lab: Lab): Partial<Expected> {
  return lab.farm.engine === 'process' ? {} : { commits: [1], encoded: CHUNKS + 1 }
}

async function newerStays({ farm }: Lab): Promise<Expected> {
  return { target: [await reference(NEWER)], commits: [2], keepsWork: farm.engine === 'process' }
}

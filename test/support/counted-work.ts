import { createHook } from 'node:async_hooks'

/** What some work cost, in numbers that do not depend on the machine. */
export interface Counted {
  /** Bytes copied from one buffer to another by JavaScript. */
  readonly copied: number
  /** Buffers allocated outside of Node's pool. */
  readonly allocated: number
  readonly promises: number
}

type Method = (this: Uint8Array, ...args: unknown[]) => unknown
type Methods = Record<'set' | 'copy' | 'allocUnsafeSlow', Method>

/** Replaces a method, and returns a function that puts it back. */
function spy(
  on: object,
  name: keyof Methods,
  onCall: (args: readonly unknown[], result: unknown) => void,
): () => void {
  const methods = on as Methods
  const original = methods[name]
  methods[name] = function (...args) {
    const result = original.apply(this, args)
    onCall(args, result)
    return result
  }
  return () => (methods[name] = original)
}

/** Counts while `work` runs. Nothing else must run meanwhile. */
export async function counted(work: () => Promise<void>): Promise<Counted> {
  const cost = { copied: 0, allocated: 0, promises: 0 }
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
  const restore = [
    spy(typedArray, 'set', ([source]) => (cost.copied += (source as Uint8Array).length)),
    spy(Buffer.prototype as object, 'copy', (_args, bytes) => (cost.copied += bytes as number)),
    spy(Buffer, 'allocUnsafeSlow', () => cost.allocated++),
  ]
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'PROMISE') cost.promises++
    },
  })
  hook.enable()
  try {
    await work()
  } finally {
    hook.disable()
    for (const undo of restore) undo()
  }
  return cost
}

/**
 * Wraps one method of one object, and takes the wrapper off again without a trace.
 *
 * Several wrappers of one method may be taken off in any order: one that lies below another passes calls on, and goes
 * when the one above it goes.
 */

type Method = (this: unknown, ...args: unknown[]) => unknown

interface Hook {
  isActive: boolean
  /** The object's own property before; `undefined` if it was inherited. */
  readonly before: PropertyDescriptor | undefined
}

const hooks = new WeakMap<object, Hook>()

/**
 * Replaces `target[name]` by a wrapper.
 *
 * @param wrap - makes the wrapper, which is called with the same `this`
 * @returns takes the wrapper off; does nothing the second time
 */
export function hookMethod(target: object, name: string, wrap: (original: Method) => Method): () => void {
  const original = Reflect.get(target, name) as Method
  const hook: Hook = { isActive: true, before: Object.getOwnPropertyDescriptor(target, name) }
  const wrapped = wrap(original)
  const value: Method = function (this: unknown, ...args) {
    return (hook.isActive ? wrapped : original).apply(this, args)
  }
  hooks.set(value, hook)
  Object.defineProperty(target, name, { value, configurable: true, writable: true })
  return () => {
    hook.isActive = false
    for (;;) {
      const top = hooks.get(Reflect.get(target, name) as Method)
      if (top === undefined || top.isActive) return
      if (top.before) Object.defineProperty(target, name, top.before)
      else Reflect.deleteProperty(target, name)
    }
  }
}

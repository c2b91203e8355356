import t from 'tap'
import { hookMethod } from '../../../lib/io/monitor/method-hook.js'

class Greeter {
  readonly #name = 'you'
  greet(word: string): string {
    return `${word} ${this.#name}`
  }
}

/** Hooks `greet`, and puts a mark around what it returns. */
const mark = (target: object, sign: string) =>
  hookMethod(
    target,
    'greet',
    original =>
      function (this: unknown, ...args) {
        return `${sign}${original.apply(this, args) as string}${sign}`
      },
  )

t.test('wraps a method of one object, and takes the wrapper off without a trace', async t => {
  const [greeter, other] = [new Greeter(), new Greeter()]
  const undo = mark(greeter, '*')
  t.equal(greeter.greet('hi'), '*hi you*')
  t.equal(other.greet('hi'), 'hi you')
  t.same(Object.keys(greeter), [], 'is not listed')
  undo()
  undo()
  t.equal(greeter.greet('hi'), 'hi you')
  t.same(Reflect.ownKeys(greeter), [])
})

t.test("restores a property that was the object's own", async t => {
  const own = () => 'own'
  const target = { greet: own }
  const before = Object.getOwnPropertyDescriptor(target, 'greet')
  mark(target, '*')()
  t.same(Object.getOwnPropertyDescriptor(target, 'greet'), before)
})

t.test('leaves nothing behind, whatever the order in which several are taken off', async t => {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]
  for (const order of orders) {
    const greeter = new Greeter()
    const undos = ['1', '2', '3'].map(sign => mark(greeter, sign))
    t.equal(greeter.greet('hi'), '321hi you123')
    const signs = ['1', '2', '3']
    for (const n of order) {
      undos[n]!()
      signs[n] = ''
      t.equal(greeter.greet('hi'), `${signs.toReversed().join('')}hi you${signs.join('')}`, order.join())
    }
    t.same(Reflect.ownKeys(greeter), [], order.join())
  }
})

t.test('leaves a wrapper that someone else put on top', async t => {
  const greeter = new Greeter()
  const undo = mark(greeter, '*')
  const below = greeter.greet.bind(greeter)
  Object.defineProperty(greeter, 'greet', { value: (word: string) => `<${below(word)}>`, configurable: true })
  undo()
  t.equal(greeter.greet('hi'), '<hi you>')
})

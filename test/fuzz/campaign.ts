import { createHash } from 'node:crypto'
import { seeded } from '../support/hostile.js'
import { type Find, type Target, findOf } from './find.js'
import { minimised } from './minimise.js'
import { mutated } from './mutate.js'

/** How one target fared. */
export interface Campaign {
  readonly inputs: number
  /** Of all inputs: the same for the same seed and number of them. */
  readonly digest: string
  /** The first find, with as little of its input as was found to do. */
  readonly found: (Find & { readonly input: Buffer }) | undefined
}

/** Tries to make a find smaller: few where each has to be measured five times over. */
const SHRINKS: Readonly<Record<Find['kind'], number>> = { throw: 400, slice: 40, memory: 40, unsettled: 0 }

/**
 * Feeds one target with `inputs` inputs: its seeds as they are, then what is made of them. Which ones, and how many, is
 * settled by `seed` alone, never by a clock.
 *
 * @param onInput - told of each before it is read
 */
export async function campaign(
  target: Target,
  seed: number,
  inputs: number,
  onInput: (input: Buffer) => void = () => undefined,
): Promise<Campaign> {
  const random = seeded(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const digest = createHash('sha256')
  const { seeds } = target
  for (let n = 0; n < inputs; n++) {
    const input = n < seeds.length ? seeds[n]! : mutated(seeds[n % seeds.length]!, below)
    digest.update(input)
    onInput(input)
    const find = await findOf(target, input)
    if (find === undefined) continue
    const isSame = async (candidate: Buffer) => {
      onInput(candidate)
      const again = await findOf(target, candidate)
      return again?.kind === find.kind && place(again) === place(find)
    }
    const least = SHRINKS[find.kind] === 0 ? input : await minimised(input, isSame, SHRINKS[find.kind])
    return { inputs: n + 1, digest: shown(digest), found: { ...find, input: least } }
  }
  return { inputs, digest: shown(digest), found: undefined }
}

const shown = (digest: ReturnType<typeof createHash>) => digest.digest('hex').slice(0, 12)

/** Where something was thrown: the first line of the stack that is code. Of the rest, nothing: a number differs. */
function place({ kind, what }: Find): string {
  return kind === 'throw' ? (/^ +at .*$/m.exec(what)?.[0] ?? what) : ''
}

import { createHash } from 'node:crypto'
import { seeded } from '../support/hostile.js'
import { type Find, type Target, findOf } from './find.js'
import { minimised } from './minimise.js'
import { mutated } from './mutate.js'

/** The result of one target. */
export interface Campaign {
  readonly inputs: number
  /** A digest of all inputs: the same for the same seed and count. */
  readonly digest: string
  /** The first find, with its input minimised. */
  readonly found: (Find & { readonly input: Buffer }) | undefined
}

/** How many attempts to minimise a find: few if each must be measured five times. */
const SHRINKS: Readonly<Record<Find['kind'], number>> = { throw: 400, slice: 40, memory: 40, unsettled: 0 }

/**
 * Feeds one target with `inputs` inputs: its seeds unchanged, then mutations of them. `seed` alone decides the inputs,
 * never a clock.
 *
 * @param onInput - called with each input before it is read
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

/** Where an error was thrown: the first stack line with code. The rest would differ in numbers. */
function place({ kind, what }: Find): string {
  return kind === 'throw' ? (/^ +at .*$/m.exec(what)?.[0] ?? what) : ''
}

import { MIN_BUDGET, setMemoryBudget } from '../../io/memory/memory-budget.js'
import type { OF_MEMORY, OptionValues } from './own-options.js'
import { sizeOption } from './size.js'

/**
 * Sets the memory budget of this process, if the options have one.
 *
 * @throws {@link OptionError} for anything but a size of at least 24 MiB
 */
export function limitMemory({ 'memory-budget': word }: OptionValues<typeof OF_MEMORY>): void {
  if (word !== undefined) setMemoryBudget(sizeOption(word, '--memory-budget', MIN_BUDGET))
}

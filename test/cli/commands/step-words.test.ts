import t from 'tap'
import { stepOf, stepWords } from '../../../lib/cli/commands/step-words.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'

const planOf = (chunks: number, audio: boolean, images = false) =>
  ({
    chunks: Array(chunks).fill({}),
    ...(audio && { audio: [] }),
    output: { type: 'package', ...(images && { images: {} }) },
  }) as unknown as SplitPlan

t.test('lists the pieces, those that are not split first', async t => {
  t.same(stepWords(planOf(3, true)), ['audio', '0', '1', '2'])
  t.same(stepWords(planOf(2, false)), ['0', '1'])
  t.same(stepWords(planOf(2, true, true)), ['audio', 'images', '0', '1'])
  t.same(stepWords(planOf(2, false, true)), ['images', '0', '1'])
})

t.test('numbers the pieces of an indexed job: chunks, then the audio, then the images', async t => {
  for (const [plan, word, step] of [
    [planOf(3, true), '0', { piece: 0 }],
    [planOf(3, true), '2', { piece: 2 }],
    [planOf(3, true), '3', { piece: 'audio' }],
    [planOf(3, true), '4', undefined],
    [planOf(3, true), 'audio', { piece: 'audio' }],
    [planOf(3, true), 'images', undefined],
    [planOf(3, false), '2', { piece: 2 }],
    [planOf(3, false), '3', undefined],
    [planOf(3, false), 'audio', undefined],
    [planOf(3, true, true), '3', { piece: 'audio' }],
    [planOf(3, true, true), '4', { piece: 'images' }],
    [planOf(3, true, true), '5', undefined],
    [planOf(3, true, true), 'images', { piece: 'images' }],
    [planOf(3, false, true), '3', { piece: 'images' }],
    [planOf(3, false, true), '4', undefined],
    [planOf(3, true), 'join', 'join'],
    [planOf(3, true), 'remove', 'remove'],
    ...['', '-1', '1.5', '1e0', '0x1', ' 1', 'Join', 'constructor', '9999999999'].map(
      word => [planOf(3, true), word, undefined] as const,
    ),
  ] as const)
    t.same(stepOf(word, plan), step, word)
})

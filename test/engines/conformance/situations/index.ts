import type { Situation } from '../situation.js'
import { CANCELS } from './cancels.js'
import { DEATHS } from './deaths.js'
import { ENGINE_FAULTS } from './engine-faults.js'
import { FLEETS } from './fleets.js'
import { SIZES, massesOf } from './masses.js'
import { STORE_FAULTS } from './store-faults.js'
import { TWICE } from './twice.js'
import { ZOMBIES } from './zombies.js'

/** All of them: the masses as large as CI has time for, or in full. */
export function situationsOf(size: keyof typeof SIZES): readonly Situation[] {
  return [
    ...[...DEATHS, ...ZOMBIES, ...TWICE, ...CANCELS],
    ...[...ENGINE_FAULTS, ...STORE_FAULTS, ...FLEETS, ...massesOf(SIZES[size])],
  ]
}

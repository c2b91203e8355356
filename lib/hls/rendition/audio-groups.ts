import { OptionError } from '../../errors.js'
import type { RenditionLog } from './rendition-log.js'

/** What a group is made by. */
export type GroupMember = Pick<RenditionLog, 'name' | 'kind' | 'groupId' | 'label' | 'isDefault'>

/**
 * Checks the audio renditions that are known so far by the rules of groups (RFC 8216bis §4.4.6.1.1): each has a label
 * of its own, and no more than one is stated to be the default. Without pictures there are no groups: all is allowed.
 *
 * @throws {@link OptionError} for the `label` or the `default` of the later one
 */
export function checkGroups(members: readonly GroupMember[]): void {
  if (!members.some(({ kind }) => kind === 'video')) return
  const taken = new Map<string, string>()
  const claim = (option: string, key: string[], { name }: GroupMember, value: unknown): void => {
    const other = taken.get(JSON.stringify([option, ...key]))
    if (other !== undefined) {
      const rule =
        option === 'label' ? 'each of a group has one of its own' : 'one of a group may be its default'
      throw new OptionError(option, `"${other}" and "${name}" have the same "${option}": ${rule}`, value)
    }
    taken.set(JSON.stringify([option, ...key]), name)
  }
  for (const member of members) {
    const { groupId, label, isDefault } = member
    if (groupId === undefined) continue
    claim('label', [groupId, label], member, label)
    if (isDefault === true) claim('default', [groupId], member, true)
  }
}

/**
 * Whether a rendition is its group's default: as it was stated; else the first that may be, where none is stated to be.
 */
export function isGroupDefault(member: GroupMember, members: readonly GroupMember[]): boolean {
  if (member.groupId === undefined) return false
  const group = members.filter(({ groupId }) => groupId === member.groupId)
  if (group.some(({ isDefault }) => isDefault === true)) return member.isDefault === true
  return member === group.find(({ isDefault }) => isDefault === undefined)
}

import { OptionError } from '../../errors.js'
import type { RenditionLog } from './rendition-log.js'

/** The properties that determine groups. */
export type GroupMember = Pick<RenditionLog, 'name' | 'kind' | 'groupId' | 'label' | 'isDefault'>

/**
 * Checks the known audio renditions against the rules of groups (RFC 8216bis §4.4.6.1.1): each has a unique
 * label, and at most one is stated to be the default. Without video there are no groups: everything is allowed.
 *
 * @throws {@link OptionError} for the `label` or the `default` of the later one
 */
export function checkGroups(members: readonly GroupMember[]): void {
  if (!members.some(({ kind }) => kind === 'video')) return
  const taken = new Map<string, string>()
  const claim = (option: string, key: string[], { name }: GroupMember, value: unknown): void => {
    const other = taken.get(JSON.stringify([option, ...key]))
    if (other !== undefined) {
      const rule = option === 'label' ? 'it must be unique within a group' : 'a group has at most one default'
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
 * Whether a rendition is its group's default: as stated; otherwise the first that may be, if none is stated.
 */
export function isGroupDefault(member: GroupMember, members: readonly GroupMember[]): boolean {
  if (member.groupId === undefined) return false
  const group = members.filter(({ groupId }) => groupId === member.groupId)
  if (group.some(({ isDefault }) => isDefault === true)) return member.isDefault === true
  return member === group.find(({ isDefault }) => isDefault === undefined)
}

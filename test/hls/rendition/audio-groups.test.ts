import t from 'tap'
import { type GroupMember, checkGroups, isGroupDefault } from '../../../lib/hls/rendition/audio-groups.js'

function sound(name: string, overrides: Partial<GroupMember> = {}): GroupMember {
  return { name, kind: 'audio', groupId: 'audio', label: name, isDefault: undefined, ...overrides }
}

const picture: GroupMember = sound('720p', { kind: 'video', groupId: undefined })

t.test('marks at most one default per group, and gives no two the same label', async t => {
  const twice = { label: 'English' }
  const first = { isDefault: true }
  t.throws(() => checkGroups([picture, sound('a', twice), sound('b', twice)]), {
    code: 'AVIO_ERR_OPTION',
    option: 'label',
    message: /"a" and "b" have the same "label"/,
  })
  t.throws(() => checkGroups([sound('a', first), sound('b', first), picture]), {
    code: 'AVIO_ERR_OPTION',
    option: 'default',
  })
  t.doesNotThrow(() =>
    checkGroups([
      picture,
      sound('a', { ...twice, ...first }),
      sound('b', { ...twice, ...first, groupId: 'hd' }),
    ]),
  )
})

t.test('makes no group of audio without video, or before it', async t => {
  const same = { label: 'English', isDefault: true }
  t.doesNotThrow(() => checkGroups([sound('high', same), sound('low', same)]))
  t.doesNotThrow(() =>
    checkGroups([picture, sound('a', same), sound('b', { ...same, kind: undefined, groupId: undefined })]),
  )
})

t.test('makes the first eligible audio the default if none is stated', async t => {
  const defaults = (...members: GroupMember[]): boolean[] =>
    members.map(member => isGroupDefault(member, members))
  t.same(defaults(picture, sound('a'), sound('b')), [false, true, false])
  t.same(defaults(sound('a', { isDefault: false }), sound('b')), [false, true])
  t.same(defaults(sound('a'), sound('b', { isDefault: true })), [false, true])
})

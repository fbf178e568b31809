import { createPrivateKey, createPublicKey } from 'node:crypto';
import { newPolicyKeys, signPolicy } from '@headwater/capture-policy';
import type { PolicyDocument, PolicyRecord } from '@headwater/capture-policy';
import { describe, expect, it } from 'vitest';
import { Fleet } from './fleet.ts';

const pair = newPolicyKeys();
const [privateKey, publicKey] = [createPrivateKey(pair.privatePem), createPublicKey(pair.publicPem)];
const doc = (version: number, more: Partial<PolicyDocument> = {}): PolicyDocument => ({ schema: 1, id: 'fleet', version, ...more });
const signed = (document: PolicyDocument, key = 'fleet'): PolicyRecord => signPolicy(document, key, 'ops-1', privateKey);

function host(refuse: (d: PolicyDocument | null) => void = () => undefined) {
  const offered: (string | null)[] = [];
  const fleet = new Fleet('host-1', [{ id: 'ops-1', publicKey }], (d) => {
    refuse(d);
    offered.push(d && `${d.id}@${d.version}`);
  });
  const judge = (record: PolicyRecord): string => {
    const outcome = fleet.judge(record);
    return outcome.kind === 'refused' ? `${outcome.refused.code} ${outcome.refused.policy}: ${outcome.refused.reason}` : outcome.kind;
  };
  return { fleet, judge, offered, name: () => fleet.inForce && `${fleet.inForce.document.id}@${fleet.inForce.document.version}` };
}

describe('Fleet', () => {
  it('takes greater versions only; the same bytes again are fine', () => {
    const { judge, offered, name } = host();
    expect(judge(signed(doc(3)))).toBe('accepted');
    expect(judge(signed(doc(3)))).toBe('same');
    expect(judge(signed(doc(2)))).toMatch(/^HW_POLICY_OLDER fleet@2: .*fleet@3 was taken before; sign it as version 4/);
    expect(judge(signed(doc(3, { path: 'keep' })))).toMatch(/^HW_POLICY_OLDER fleet@3: .*that version said something else before/);
    expect(judge(signed(doc(9)))).toBe('accepted');
    expect(judge(signed(doc(3)))).toMatch(/^HW_POLICY_OLDER /);
    expect(offered).toEqual(['fleet@3', 'fleet@9']);
    expect(name()).toBe('fleet@9');
  });

  it('an old document does not come back after another id took its place, __proto__ included', () => {
    const { judge, name } = host();
    expect(judge(signed(doc(3)))).toBe('accepted');
    expect(judge(signed(doc(1, { id: '__proto__' })))).toBe('accepted');
    expect(judge(signed(doc(3)))).toMatch(/^HW_POLICY_OLDER fleet@3: .*__proto__@1 came after it/);
    expect(judge(signed(doc(1, { id: '__proto__', path: 'keep' })))).toMatch(/^HW_POLICY_OLDER /);
    expect(name()).toBe('__proto__@1');
    expect(judge(signed(doc(4)))).toBe('accepted');
  });

  it("the host's own record wins, whichever comes first; those of other hosts are nothing to it", () => {
    const { judge, offered, name } = host();
    expect(judge(signed(doc(1, { id: 'mine' }), 'host-1'))).toBe('accepted');
    expect(judge(signed(doc(5)))).toBe('accepted');
    expect(judge(signed(doc(6), 'host-2'))).toBe('ignored');
    expect(name()).toBe('mine@1');
    expect(offered).toEqual(['mine@1', 'mine@1']);
  });

  it('refuses what was deleted, forged, signed by others, or meant for another host', () => {
    const { judge, name } = host();
    expect(judge({ key: 'fleet', value: Buffer.alloc(0), headers: {} })).toBe('same');
    expect(judge(signed(doc(2)))).toBe('accepted');
    expect(judge({ key: 'fleet', value: Buffer.alloc(0), headers: {} })).toMatch(/^HW_POLICY_REMOVED fleet: .*allows all/);
    expect(judge({ ...signed(doc(3)), value: Buffer.from(JSON.stringify(doc(4))) })).toMatch(/^HW_POLICY_SIGNATURE fleet: /);
    expect(judge(signPolicy(doc(3), 'fleet', 'ops-2', privateKey))).toMatch(/^HW_POLICY_KEY_UNKNOWN fleet: /);
    expect(judge(signPolicy(doc(3), 'fleet', 'ops-1', createPrivateKey(newPolicyKeys().privatePem)))).toMatch(/^HW_POLICY_SIGNATURE fleet: /);
    expect(judge({ ...signed(doc(3), 'host-2'), key: 'host-1' })).toMatch(/^HW_POLICY_SIGNATURE host-1: /);
    expect(judge({ ...signed(doc(3)), headers: {} })).toMatch(/^HW_POLICY_UNSIGNED /);
    expect(name()).toBe('fleet@2');
  });

  it('what this host cannot do is refused and changes nothing, and may come again', () => {
    let broken = true;
    const { judge, name } = host((d) => {
      if (broken && d?.client_address === 'hash') throw new Error('a fingerprint needs a key');
    });
    expect(judge(signed(doc(1)))).toBe('accepted');
    const wanted = signed(doc(2, { client_address: 'hash' }));
    expect(judge(wanted)).toBe('HW_POLICY_UNUSABLE fleet@2: a fingerprint needs a key');
    expect(name()).toBe('fleet@1');
    broken = false;
    expect(judge(wanted)).toBe('accepted');
    expect(name()).toBe('fleet@2');
  });
});

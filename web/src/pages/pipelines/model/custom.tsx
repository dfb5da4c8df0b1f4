/* A task of type Custom: which integration, which version of it, and its inputs. */
import { list } from '../../../api';
import { useLoaded } from '../../../loading';
import type { Integration } from '../../../model';
import { Choice, Field } from '../../../parts';
import { t } from '../../../texts';
import { textOf } from '../parameters';
import { changeTask } from './draft';
import { Pairs } from './pairs';
import type { TaskProps } from './task';

const withOwn = (all: string[], own: string) => [...new Set([...all, ...(own ? [own] : [])])].map((name) => [name, name] as const);

/* The names that stand under inputProperties. Only the server reads YAML; what this misses may be written all the same. */
function declared(yaml: string): Record<string, string> {
    const block = /^inputProperties:([^\n]*\n(?:[ \t-].*\n?|\s*\n)*)/m.exec(yaml)?.[1] ?? '';
    const of = (text: string, key: string) => new RegExp(`(?:^|[\\s{,-])${key}: *['"]?([^'",}\\n]*)`).exec(text)?.[1]?.trim() ?? '';
    const all = block.split(/(?:^|\n) *- +|\{/).map((one) => [of(one, 'name'), of(one, 'defaultValue')] as const);
    return Object.fromEntries(all.filter(([name]) => name));
}

export function CustomForm({ draft, change, readOnly, at, task }: TaskProps) {
    const input = task.input ?? {}, name = textOf(input.name), version = textOf(input.version);
    const found = useLoaded(`integrations of ${draft.project}`, ['custom-integrations'], async (s) => (await list<Integration>('/custom-integrations', { $top: 1000, $orderby: 'name asc' }, s)).rows.filter((one) => one.project === draft.project));
    const chosen = found.data?.find((one) => one.name === name);
    const versions = useLoaded(`versions for ${chosen?.id ?? ''}`, ['custom-integrations'], async (s) => (chosen ? (await list<Integration>(`/custom-integrations/${chosen.id}/versions`, { $top: 1000, $orderby: '_createTimeInMicros desc' }, s)).rows : []));
    const released = (versions.data ?? []).filter((one) => one.status === 'RELEASED'), yaml = (versions.data ?? []).find((one) => (version ? one.version === version : one.latest))?.yaml ?? chosen?.yaml ?? '';
    const set = (some: Record<string, unknown>) => change(changeTask(draft, at, { input: Object.fromEntries(Object.entries({ ...input, ...some }).filter(([key, value]) => !(key in some) || (value !== undefined && value !== ''))) }));
    return (
        <>
            <Field label={t('customName')} hint={t(found.data && !found.data.length ? 'customNone' : 'customNameHint')} wrong={found.data && name && !chosen && !name.includes('${') ? t('noSuchIntegration') : ''}>
                <Choice value={name} disabled={readOnly} set={(v) => set({ name: v, version: '' })} options={[['', t('choose')], ...withOwn((found.data ?? []).map((one) => one.name), name)]} /></Field>
            <Field label={t('customVersion')}><Choice value={version} disabled={readOnly} set={(v) => set({ version: v })} options={[['', t('customLatest')], ...withOwn(released.map((one) => one.version), version)]} /></Field>
            <Pairs label={t('customInputs')} of={input.properties} known={declared(yaml)} readOnly={readOnly} placeholder="${input.DOCKER_IMAGE}" add={t('addInput')} set={(v) => set({ properties: v })} />
        </>
    );
}

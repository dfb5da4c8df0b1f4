/* A variable, new or changed. A secret's value is written, never read. */
import { useState } from 'preact/hooks';
import { P, call, may } from '../../api';
import type { Variable } from '../../model';
import { Choice, Dialog, Field, Text, Trouble, useAction } from '../../parts';
import { firstProject, mayDevelopIn } from '../../projects';
import { t, type TextKey } from '../../texts';

export const TYPES: readonly (readonly [string, TextKey, TextKey])[] = [
    ['REGULAR', 'regular', 'regularMeans'], ['SECRET', 'secret', 'secretMeans'], ['RESTRICTED', 'restrictedType', 'restrictedMeans'],
];

function Types({ value, set, project }: { value: string; set: (type: string) => void; project: string }) {
    return (
        <fieldset><legend class="hidden">{t('type')}</legend><div class="kinds">
            {TYPES.filter(([type]) => type !== 'RESTRICTED' || value === type || may('manage', project)).map(([type, name, means]) => (
                <label key={type}><input type="radio" name="type" value={type} checked={value === type} onChange={() => set(type)} /><span>{t(name)}</span><small>{t(means)}</small></label>))}
        </div></fieldset>
    );
}

function Value({ type, kept, value, set, wrong }: { type: string; kept: boolean; value: string; set: (value: string) => void; wrong: string }) {
    const long = type === 'REGULAR';
    return (
        <Field label={t('value')} wrong={wrong}>
            {long ? <textarea rows={value.includes('\n') ? 6 : 2} spellcheck={false} value={value} onInput={(e) => set(e.currentTarget.value)} />
                : <Text type="password" autoComplete="new-password" required={!kept} placeholder={kept ? t('unchanged') : ''} value={value} set={set} />}
        </Field>
    );
}

export function VariableForm({ old, close }: { old: Variable | null; close: () => void }) {
    const wasSecret = old !== null && old.type !== 'REGULAR';
    const [d, setDraft] = useState({ project: old?.project ?? firstProject(), name: old?.name ?? '', description: old?.description ?? '', type: old?.type ?? 'REGULAR', value: wasSecret ? '' : old?.value ?? '' });
    const set = (some: Partial<typeof d>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const kept = wasSecret && d.type !== 'REGULAR';
    const save = () => run(async () => {
        await call(old ? 'PUT' : 'POST', `${P}/variables${old ? `/${old.id}` : ''}`, { ...d, name: d.name.trim(), value: kept && !d.value ? old.value : d.value });
        close();
    });
    return (
        <Dialog title={old ? old.name : t('newVariable')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); save(); }}>
                {!old && <Field label={t('project')} wrong={wrong('project')}><Choice value={d.project} set={(project) => set({ project })} options={mayDevelopIn().map((p) => [p, p] as const)} /></Field>}
                <Field label={t('name')} wrong={wrong('name')} hint={t('variableName', { name: d.name.trim() || 'NAME' })}><Text required autoFocus={!old} value={d.name} set={(name) => set({ name })} /></Field>
                <Field label={t('description')}><Text value={d.description} set={(description) => set({ description })} /></Field>
                <Types value={d.type} set={(type) => set({ type })} project={d.project} />
                <Value type={d.type} kept={kept} value={d.value} set={(value) => set({ value })} wrong={wrong('value')} />
                {!['name', 'value', 'project'].includes(problem?.field ?? '') && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button></footer>
            </form>
        </Dialog>
    );
}

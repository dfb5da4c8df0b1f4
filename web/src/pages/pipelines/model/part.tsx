/* Another pipeline and its inputs: of a Pipeline task, and of what undoes a task or a stage. */
import { list } from '../../../api';
import { useLoaded } from '../../../loading';
import { Choice, Field } from '../../../parts';
import { t } from '../../../texts';
import { textOf } from '../parameters';
import { changeTask } from './draft';
import { Pairs } from './pairs';
import type { TaskProps } from './task';

interface Known { name: string; project: string; global?: boolean; input?: Record<string, unknown> }

/* Those of the project, and those that all projects share; of each what it asks for. */
function useOffered(project: string): Known[] | null {
    const found = useLoaded(`pipelines for ${project}`, ['pipelines'], async (s) => (await list<Known>('/pipelines', { $top: 1000, view: 'brief', $orderby: 'name asc' }, s)).rows);
    const own = (found.data ?? []).filter((one) => one.project === project), names = own.map((one) => one.name);
    return found.data ? [...own, ...found.data.filter((one) => one.global && !names.includes(one.name))] : null;
}

export interface PartProps { project: string; own: string /* the pipeline that this is in, which is not offered */; name: string; inputs: unknown; set: (some: { name?: string; inputs?: Record<string, unknown> | undefined }) => void;
    readOnly: boolean; label: string; none: string; hint?: string; wrong?: string; wrongInputs?: string }

export function Part({ project, own, name, inputs, set, readOnly, label, none, hint, wrong = '', wrongInputs = '' }: PartProps) {
    const found = useOffered(project), names = found?.map((one) => one.name);
    const declared = Object.fromEntries(Object.entries(found?.find((one) => one.name === name)?.input ?? {}).map(([key, value]) => [key, textOf(value)]));
    const unknown = names && name && !name.includes('${') && !names.includes(name) ? t('noSuchPipeline') : '';
    const offered = (names ?? []).filter((one) => one !== own);
    return (
        <>
            <Field label={label} hint={hint} wrong={wrong || unknown}><Choice value={name} disabled={readOnly} set={(v) => set({ name: v })} options={[['', none], ...[...new Set([...offered, ...(name ? [name] : [])])].map((n) => [n, n] as const)]} /></Field>
            {(name !== '' || inputs !== undefined) && <Pairs label={t('partInputs')} hint={t('partInputsHint')} wrong={wrongInputs} of={inputs} known={declared} readOnly={readOnly} placeholder="${input.DOCKER_TAG}" add={t('addInput')} set={(v) => set({ inputs: v })} />}
        </>
    );
}

export function PartForm({ draft, change, readOnly, at, task }: TaskProps) {
    const input = task.input ?? {};
    const set = (some: { name?: string; inputs?: Record<string, unknown> | undefined }) => {
        const { pipeline: _name, inputProperties: _inputs, ...others } = input;
        const name = 'name' in some ? some.name : input.pipeline, inputs = 'inputs' in some ? some.inputs : input.inputProperties;
        change(changeTask(draft, at, { input: { ...(name ? { pipeline: name } : {}), ...(inputs === undefined ? {} : { inputProperties: inputs }), ...others } }));
    };
    return <Part project={draft.project} own={draft.name} name={textOf(input.pipeline)} inputs={input.inputProperties} set={set} readOnly={readOnly} label={t('partName')} none={t('choose')} hint={t('partNameHint')} />;
}

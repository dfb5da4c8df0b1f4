/* The tables of a pipeline's inputs and outputs. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty, Menu, Text } from '../../parts';
import { t } from '../../texts';
import { DOCKER_INPUTS } from './definition';
import { type PipelineDraft, freeName } from './model/draft';
import { references, taskReferences } from './references';

export interface TabProps { draft: PipelineDraft; change: (next: PipelineDraft) => void; readOnly: boolean; stay: (why: string) => void }
type Side = 'input' | 'output';
type Values = Record<string, unknown>;
type Meta = Record<string, { description?: string; mandatory?: boolean }>;

export const textOf = (value: unknown): string => (value === undefined || value === null ? '' : typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value));

const valuesOf = (d: PipelineDraft, side: Side): Values => (d[side] ?? {}) as Values;
const metaOf = (d: PipelineDraft, side: Side): Meta => (d[side === 'input' ? '_inputMeta' : '_outputMeta'] ?? {}) as Meta;
const starOf = (d: PipelineDraft, side: Side): string => ((d.starred as Record<string, string> | undefined) ?? {})[side] ?? '';

const withMeta = (d: PipelineDraft, side: Side, meta: Meta): PipelineDraft => ({ ...d, [side === 'input' ? '_inputMeta' : '_outputMeta']: meta });
function withStar(d: PipelineDraft, side: Side, name: string): PipelineDraft {
    const { [side]: _old, ...rest } = (d.starred as Record<string, string> | undefined) ?? {};
    return { ...d, starred: name ? { ...rest, [side]: name } : rest };
}
const renameKey = <T,>(all: Record<string, T>, from: string, to: string): Record<string, T> => Object.fromEntries(Object.entries(all).map(([k, v]) => [k === from ? to : k, v]));

/* ${input.OLD} in every text becomes ${input.NEW}. */
function followed(value: unknown, from: string, to: string): unknown {
    if (typeof value === 'string') return value.split('${' + from + '}').join('${' + to + '}');
    if (Array.isArray(value)) return value.map((one) => followed(one, from, to));
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, followed(v, from, to)]));
    return value;
}

function rename(d: PipelineDraft, side: Side, from: string, to: string): PipelineDraft {
    const next = followed(d, `${side}.${from}`, `${side}.${to}`) as PipelineDraft;
    const named = withMeta({ ...next, [side]: renameKey(valuesOf(next, side), from, to) }, side, renameKey(metaOf(next, side), from, to));
    return starOf(d, side) === from ? withStar(named, side, to) : named;
}

function remove(d: PipelineDraft, side: Side, name: string): PipelineDraft {
    const { [name]: _value, ...values } = valuesOf(d, side), { [name]: _meta, ...meta } = metaOf(d, side);
    const next = withMeta({ ...d, [side]: values }, side, meta);
    return starOf(d, side) === name ? withStar(next, side, '') : next;
}

function move(d: PipelineDraft, side: Side, name: string, by: number): PipelineDraft {
    const all = Object.entries(valuesOf(d, side)), at = all.findIndex(([n]) => n === name), [one] = all.splice(at, 1);
    all.splice(Math.max(0, at + by), 0, one!);
    return { ...d, [side]: Object.fromEntries(all) };
}

/* Dots and brackets part a reference. */
function wrongName(name: string, others: string[]): string {
    if (!name) return t('parameterEmpty');
    if (others.includes(name)) return t('parameterTaken');
    return /[.,[\]{}$\n]/.test(name) ? t('parameterWrong') : '';
}

// ---- one row

interface RowProps { props: TabProps; side: Side; name: string; asked: boolean; told: (wrong: boolean) => void }

function NameCell({ props: { draft, change, readOnly }, side, name, asked, told }: RowProps) {
    const [text, setText] = useState(name);
    const box = useRef<HTMLInputElement>(null);
    const wrong = text === name ? '' : wrongName(text.trim(), Object.keys(valuesOf(draft, side)).filter((n) => n !== name));
    useEffect(() => { if (asked) { box.current?.focus(); box.current?.select(); } }, []);
    useEffect(() => { told(!!wrong); return () => told(false); }, [!!wrong]);
    const commit = () => { if (!wrong && text.trim() !== name) change(rename(draft, side, name, text.trim())); };
    return (
        <div class={wrong ? 'field wrong' : 'field'}>
            <input ref={box} type="text" autoComplete="off" spellcheck={false} aria-label={t('name')} aria-invalid={!!wrong} value={text} readOnly={readOnly} onInput={(e) => setText(e.currentTarget.value)}
                onBlur={commit} onKeyDown={(e) => { if (e.key === 'Enter') commit(); if (e.key === 'Escape') setText(name); }} />
            {wrong && <em role="alert">{wrong}</em>}
        </div>
    );
}

function ValueCell({ props: { draft, change, readOnly }, side, name }: RowProps) {
    const value = textOf(valuesOf(draft, side)[name]);
    const set = (text: string) => change({ ...draft, [side]: { ...valuesOf(draft, side), [name]: text } });
    const known = side === 'output' ? [...taskReferences(draft), ...references(draft).filter((r) => r.startsWith('input.'))] : [];
    return (
        <div class="stack-small">
            <Text value={value} aria-label={`${t('value')}: ${name}`} readOnly={readOnly} class={side === 'output' ? 'code' : ''} set={set} />
            {known.length > 0 && !readOnly && <select class="helper" aria-label={`${t('pathHelper')} ${name}`} value="" onChange={(e) => { set(`${value}\${${e.currentTarget.value}}`); e.currentTarget.value = ''; }}>
                <option value="">{t('pathHelper')}</option>{known.map((path) => <option key={path} value={path}>{path}</option>)}</select>}
        </div>
    );
}

function Row(row: RowProps) {
    const { props: { draft, change, readOnly }, side, name } = row;
    const all = Object.keys(valuesOf(draft, side)), meta = metaOf(draft, side)[name] ?? {}, starred = starOf(draft, side) === name;
    const describe = (some: Meta[string]) => change(withMeta(draft, side, { ...metaOf(draft, side), [name]: { ...meta, ...some } }));
    return (
        <tr>
            <td><button type="button" class="plain star" aria-pressed={starred} disabled={readOnly} aria-label={t('star', { name })} title={t('star', { name })} onClick={() => change(withStar(draft, side, starred ? '' : name))}>{starred ? '★' : '☆'}</button></td>
            <td data-label={t('name')}>{side === 'input' && name in DOCKER_INPUTS ? <span class="given">{name} {isInjected(draft) && <span class="chip">{t('injectedChip')}</span>}</span> : <NameCell {...row} />}</td>
            <td data-label={t('value')}><ValueCell {...row} /></td>
            {side === 'input' && <td data-label={t('description')}><Text value={meta.description ?? ''} aria-label={`${t('description')}: ${name}`} readOnly={readOnly} set={(description) => describe({ description })} /></td>}
            {side === 'input' && <td data-label={t('mandatory')} class="centre"><input type="checkbox" aria-label={`${t('mandatory')}: ${name}`} disabled={readOnly} checked={!!meta.mandatory} onChange={(e) => describe({ mandatory: e.currentTarget.checked })} /></td>}
            {!readOnly && <td><Menu label={`${t('moreActions')}: ${name}`} items={[
                { text: t('moveUp'), disabled: all[0] === name, act: () => change(move(draft, side, name, -1)) },
                { text: t('moveDown'), disabled: all[all.length - 1] === name, act: () => change(move(draft, side, name, 1)) },
                { text: t('remove'), bad: true, act: () => change(remove(draft, side, name)) }]} /></td>}
        </tr>
    );
}

function Table({ side, ...props }: TabProps & { side: Side }) {
    const [added, setAdded] = useState(''), wrong = useRef(new Set<string>());
    const names = Object.keys(valuesOf(props.draft, side));
    const add = () => {
        const name = freeName(names, side === 'input' ? 'INPUT' : 'output').replace(' ', '_');
        setAdded(name);
        props.change({ ...props.draft, [side]: { ...valuesOf(props.draft, side), [name]: '' } });
    };
    const told = (name: string) => (is: boolean) => { if (is) wrong.current.add(name); else wrong.current.delete(name); props.stay(wrong.current.size ? t('fixNames') : ''); };
    useEffect(() => () => props.stay(''), []);
    return (
        <>
            {!names.length && <Empty title={t(side === 'input' ? 'inputParameters' : 'outputParameters')} hint={t(side === 'input' ? 'noInputs' : 'noOutputs')} />}
            {names.length > 0 && <div class="panel flat"><table class={`parameters ${side}`}>
                <thead><tr><th>{t('starredColumn')}</th><th>{t('name')}</th><th>{t('value')}</th>{side === 'input' && <><th>{t('description')}</th><th>{t('mandatory')}</th></>}{!props.readOnly && <th><span class="hidden">{t('moreActions')}</span></th>}</tr></thead>
                <tbody>{names.map((name) => <Row key={name} props={props} side={side} name={name} asked={name === added} told={told(name)} />)}</tbody>
            </table></div>}
            {!props.readOnly && <p><button type="button" onClick={add}>+ {t(side === 'input' ? 'addInput' : 'addOutput')}</button></p>}
        </>
    );
}

// ---- the tabs

const isInjected = (d: PipelineDraft) => (d.options ?? []).includes('DOCKER_TRIGGER');

function inject(d: PipelineDraft): PipelineDraft {
    return { ...d, options: [...(d.options ?? []).filter((o) => !o.endsWith('_TRIGGER')), 'DOCKER_TRIGGER'], input: { ...DOCKER_INPUTS, ...d.input } };
}

/* Only what was injected goes, and of that only what nobody gave a value. */
function withdraw(d: PipelineDraft): PipelineDraft {
    const kept = Object.fromEntries(Object.entries(d.input ?? {}).filter(([name, value]) => !(name in DOCKER_INPUTS) || textOf(value) !== ''));
    const next = { ...d, options: (d.options ?? []).filter((o) => o !== 'DOCKER_TRIGGER'), input: kept };
    return starOf(d, 'input') in kept ? next : withStar(next, 'input', '');
}

export function Inputs(props: TabProps) {
    const { draft, change, readOnly } = props;
    const other = (draft.options ?? []).find((o) => o.endsWith('_TRIGGER') && o !== 'DOCKER_TRIGGER');
    const choice = (on: boolean, text: string) => (
        <label class="check"><input type="radio" name="inject" disabled={readOnly} checked={isInjected(draft) === on} onChange={() => change(on ? inject(draft) : withdraw(draft))} />{text}</label>);
    return (
        <div class="stack">
            <p class="faint">{t('inputsHint')}</p>
            <fieldset class="injecting"><legend>{t('autoInject')}</legend>{choice(true, t('injectDocker'))}{choice(false, other ? other : t('injectNone'))}{isInjected(draft) && <small>{t('injectHint')}</small>}</fieldset>
            <Table {...props} side="input" />
        </div>
    );
}

export function Outputs(props: TabProps) {
    return <div class="stack"><p class="faint">{t('outputsHint')}</p><Table {...props} side="output" /></div>;
}

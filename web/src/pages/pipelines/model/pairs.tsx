/* Names and values as rows. A value that is no text (a number, true, a list) stands there as JSON and stays what it is. */
import { useRef, useState } from 'preact/hooks';
import { Text } from '../../../parts';
import { t } from '../../../texts';

type Values = Record<string, unknown>;
interface Pair { name: string; text: string; json: boolean /* of a value that was no text */; last?: unknown /* that could be read: it stays while what is typed cannot */; made: boolean /* here, so that its name may still be typed */ }

const isText = (value: unknown) => typeof value === 'string';
const pairOf = (name: string, value: unknown): Pair => ({ name, text: isText(value) ? value as string : JSON.stringify(value) ?? '', json: !isText(value), last: value, made: false });

function valueOf(of: Pair): [unknown, boolean] {
    if (!of.json) return [of.text, true];
    try { return [JSON.parse(of.text), true]; } catch { return of.text.includes('${') ? [of.text, true] : [of.last, false]; }
}

const isTaken = (pair: Pair, at: number, all: Pair[]) => all.findIndex((one) => one.name.trim() === pair.name.trim()) !== at;

/* What is wrong with a row. Without a name of its own it is not written. */
function wrongOf(pair: Pair, at: number, all: Pair[]): string {
    if (!pair.name.trim()) return pair.text ? t('parameterEmpty') : '';
    if (isTaken(pair, at, all)) return t('parameterTaken');
    return valueOf(pair)[1] ? '' : t('pairNoJson');
}

export interface PairsProps {
    label: string; hint?: string; wrong?: string; of: unknown; set: (values: Values | undefined) => void; readOnly: boolean;
    known?: Record<string, string>; /* names that may be given, with what holds when they are not */
    add?: string; placeholder?: string;
}

export function Pairs({ label, hint, wrong, of, set, readOnly, known = {}, add = t('addPair'), placeholder = '' }: PairsProps) {
    const values = (of && typeof of === 'object' && !Array.isArray(of) ? of : {}) as Values;
    const fresh = () => Object.entries(values).map(([name, value]) => pairOf(name, value));
    const [pairs, setPairs] = useState<Pair[]>(fresh), written = useRef<unknown>(of), box = useRef<HTMLDivElement>(null);
    let rows = pairs;
    if (written.current !== of) { /* changed elsewhere */
        written.current = of;
        setPairs(rows = fresh());
    }
    const asked = Object.keys(known), isKnown = (row: Pair) => !row.made && asked.includes(row.name);
    const take = (next: Pair[]) => {
        setPairs(next.map((row) => ({ ...row, last: valueOf(row)[0] })));
        const kept = next.filter((row, at) => row.name.trim() && !isTaken(row, at, next)).map((row) => [row.name.trim(), valueOf(row)[0]] as const);
        written.current = kept.length ? Object.fromEntries(kept) : undefined;
        set(written.current as Values | undefined);
    };
    const change = (at: number, some: Partial<Pair>) => take(rows.map((row, i) => (i === at ? { ...row, ...some } : row)));
    const append = () => {
        setPairs([...rows, { name: '', text: '', json: false, made: true }]);
        requestAnimationFrame(() => Array.from(box.current?.querySelectorAll<HTMLInputElement>('.pair-name') ?? []).at(-1)?.focus());
    };
    const drop = (at: number) => {
        take(rows.filter((_, i) => i !== at));
        requestAnimationFrame(() => box.current?.querySelector<HTMLButtonElement>('.pair-add')?.focus());
    };
    /* One that is asked for: empty, it is not given. */
    const give = (name: string, text: string) => {
        const at = rows.findIndex((row) => row.name === name && !row.made);
        if (at < 0) take([...rows, { name, text, json: false, made: false }]); else if (text) change(at, { text }); else take(rows.filter((_, i) => i !== at));
    };
    const value = (name: string, text: string, at: number, why: string, typed: (text: string) => void) =>
        <Text aria-label={`${label}: ${name || `${t('value')} ${at + 1}`}`} placeholder={name in known ? known[name] : placeholder || t('value')} value={text} disabled={readOnly} aria-invalid={!!why} set={typed} />;
    return (
        <div class={wrong ? 'field wrong pairs' : 'field pairs'} role="group" aria-label={label} ref={box}>
            <span>{label}</span>
            {asked.filter((name) => !rows.some((row) => row.made && row.name === name)).map((name) => {
                const at = rows.findIndex((row) => row.name === name), why = at < 0 ? '' : wrongOf(rows[at]!, at, rows);
                return <div key={`known ${name}`} class={why ? 'pair-row wrong' : 'pair-row'}><span class="pair-given">{name}</span>{value(name, rows[at]?.text ?? '', at, why, (text) => give(name, text))}{why && <em role="alert">{why}</em>}</div>;
            })}
            {rows.map((row, at) => {
                const why = wrongOf(row, at, rows);
                return isKnown(row) ? null : (
                    <div key={at} class={why ? 'pair-row wrong' : 'pair-row'}>
                        <Text class="pair-name" aria-label={`${label}: ${t('name')} ${at + 1}`} placeholder={t('name')} value={row.name} disabled={readOnly} aria-invalid={!!why} set={(name) => change(at, { name })} />
                        {value(row.name, row.text, at, why, (text) => change(at, { text }))}
                        {!readOnly && <button type="button" class="plain bad" aria-label={`${t('remove')}: ${row.name || at + 1}`} title={t('remove')} onClick={() => drop(at)}>✕</button>}
                        {why && <em role="alert">{why}</em>}
                    </div>);
            })}
            {readOnly && !rows.length && !asked.length && <p class="faint">{t('none')}</p>}
            {!readOnly && <button type="button" class="pair-add" onClick={append}>+ {add}</button>}
            {wrong ? <em role="alert">{wrong}</em> : hint && <small>{hint}</small>}
        </div>
    );
}

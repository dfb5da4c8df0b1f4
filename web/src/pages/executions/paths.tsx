/* The path finder: what a task or run took and gave, as a tree; a click on a value copies how a pipeline names it. */
import { useState } from 'preact/hooks';
import { t } from '../../texts';

type Step = string | number;
const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;
const entriesOf = (value: object): [Step, unknown][] => (Array.isArray(value) ? value.map((one, i) => [i, one]) : Object.entries(value));
const MOST = 200; /* entries of one level that are drawn at once */

/* As the expression language spells it: .name in an object, [3] in a list. "": a name on the way has a dot, a bracket or a brace, so that nothing names it. */
export function pathOf(begin: string, steps: Step[]): string {
    if (steps.some((s) => typeof s === 'string' && (s === '' || /[.[{}]/.test(s)))) return '';
    return `\${${begin}${steps.map((s) => (typeof s === 'number' ? `[${s}]` : `.${s}`)).join('')}}`;
}

function Value({ value }: { value: unknown }) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return <span class={typeof value === 'string' ? 'of-text' : 'of-other'}><bdi>{text === '' ? '""' : text.length > 300 ? `${text.slice(0, 300)}…` : text}</bdi></span>;
}

interface Part { begin: string; steps: Step[]; value: unknown; copy: (path: string) => void; last: string }

function Entry({ name, ...part }: Part & { name: Step }) {
    const path = pathOf(part.begin, part.steps), tree = isTree(part.value);
    const said = <button type="button" class="plain path" disabled={!path} title={path ? t('copyPath', { path }) : t('noPath')} onClick={() => part.copy(path)}><span class="key">{name}</span>{!tree && <Value value={part.value} />}{path && part.last === path && <span class="chip">{t('copied')}</span>}</button>;
    if (!tree) return <li>{said}</li>;
    const count = entriesOf(part.value as object).length;
    if (!count) return <li>{said} <span class="faint">{Array.isArray(part.value) ? '[]' : '{}'}</span></li>;
    return <li><details open={part.steps.length < 2 && count < 20}><summary><span class="key">{name}</span> <span class="faint">{count}</span></summary>{said}<Level {...part} /></details></li>;
}

function Level({ value, ...part }: Part) {
    const [shown, show] = useState(MOST), all = entriesOf(value as object);
    return (
        <ul>{all.slice(0, shown).map(([name, one]) => <Entry key={name} {...part} name={name} value={one} steps={[...part.steps, name]} />)}
            {all.length > shown && <li><button type="button" class="plain" onClick={() => show(shown + MOST)}>{t('more')}</button></li>}</ul>
    );
}

export function PathFinder({ begin, value }: { begin: string; value: Record<string, unknown> }) {
    const [said, say] = useState('');
    const copy = (path: string) => void navigator.clipboard.writeText(path).then(() => { say(path); setTimeout(() => say(''), 2500); }, () => say(''));
    if (!Object.keys(value).length) return <p class="faint">{t('none')}</p>;
    return (
        <div class="paths">
            <p class="faint"><small>{t('pathHint')}</small></p>
            <Level begin={begin} steps={[]} value={value} copy={copy} last={said} />
            <p class="hidden" aria-live="polite">{said && `${t('copied')}: ${said}`}</p>
        </div>
    );
}

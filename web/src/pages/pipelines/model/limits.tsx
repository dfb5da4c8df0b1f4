/* What every task may say, whatever its type: when it runs, how long, how often, and what its failure means. */
import { useRef, useState } from 'preact/hooks';
import { Choice, Field, Text } from '../../../parts';
import { t } from '../../../texts';
import { textOf } from '../parameters';
import { type TaskDraft, changeTask } from './draft';
import type { TaskProps } from './task';

export type LimitProps = TaskProps & { wrong: (key: string) => string };

/* A number as it is written in a definition; a text that is none stays one, for the server to judge. */
export const numberOf = (text: string): number | string | undefined => (text.trim() === '' ? undefined : Number.isNaN(Number(text)) ? text : Number(text));

const put = ({ draft, change, at }: TaskProps, some: Partial<TaskDraft>) => change(changeTask(draft, at, some));

export function When(props: LimitProps) {
    const { readOnly, task, wrong } = props;
    const [on, setOn] = useState(!!task.preCondition), left = useRef('');
    const set = (preCondition: string) => put(props, { preCondition: preCondition || undefined });
    return (
        <>
            <fieldset class="radios" disabled={readOnly}><legend>{t('executeTask')}</legend><span class="actions">
                <label class="check"><input type="radio" checked={!on} onChange={() => { setOn(false); left.current = textOf(task.preCondition); set(''); }} /><span>{t('always')}</span></label>
                <label class="check"><input type="radio" checked={on} onChange={() => { setOn(true); set(left.current); }} /><span>{t('onCondition')}</span></label></span></fieldset>
            {on && <Field label={t('precondition')} hint={t('preconditionHint')} wrong={wrong('preCondition')}><textarea class="code" rows={2} spellcheck={false} disabled={readOnly} value={textOf(task.preCondition)} onInput={(e) => set(e.currentTarget.value)} /></Field>}
        </>
    );
}

// ---- retries: 3, or {count: 3, delay: 10, factor: 2}

type Retries = { count?: unknown; delay?: unknown; factor?: unknown; [other: string]: unknown };
const retriesOf = (value: unknown): Retries => (value && typeof value === 'object' ? value as Retries : value === undefined || value === null ? {} : { count: value });

/* A bare number stays one as long as it says all. */
function retriesWith(old: unknown, key: keyof Retries, value: unknown): unknown {
    const next = Object.fromEntries(Object.entries({ ...retriesOf(old), [key]: value }).filter(([, v]) => v !== undefined));
    if (next.count === undefined) return undefined;
    return Object.keys(next).length === 1 && typeof old !== 'object' ? next.count : next;
}

function Retry(props: LimitProps) {
    const { readOnly, task, wrong } = props, retries = retriesOf(task.retries);
    const set = (key: keyof Retries, text: string) => put(props, { retries: retriesWith(task.retries, key, numberOf(text)) });
    const field = (key: keyof Retries, most: number, least: number, step: string, standard: string) =>
        <Text type="number" min={least} max={most} step={step} disabled={readOnly} placeholder={standard} value={textOf(retries[key])} set={(v) => set(key, v)} />;
    return (
        <>
            <Field label={t('retryCount')} hint={t('retryCountHint')} wrong={wrong('retries')}>{field('count', 20, 0, '1', '0')}</Field>
            {Number(retries.count) > 0 && <div class="pair">
                <Field label={t('retryDelay')}>{field('delay', 3600, 0, '1', '10')}</Field>
                <Field label={t('retryFactor')} hint={t('retryFactorHint')}>{field('factor', 10, 1, 'any', '2')}</Field></div>}
        </>
    );
}

/* Types that a crash may leave unsure of what was done. */
const UNSURE = ['REST', 'SSH', 'PowerShell', 'CI', 'Custom', 'Jenkins'];

const said = (task: TaskDraft): string => [task.timeout ? t('limitMinutes', { n: textOf(task.timeout) }) : '', Number(retriesOf(task.retries).count) > 0 ? t('limitRetries', { n: textOf(retriesOf(task.retries).count) }) : '',
    task.onCrash ? t('limitOnCrash') : ''].filter(Boolean).join(' · ');

export function Limits(props: LimitProps) {
    const { readOnly, task, wrong } = props, onCrash = textOf(task.onCrash);
    const [open] = useState(() => said(task) !== '');
    const isWrong = ['timeout', 'retries', 'onCrash'].some((key) => wrong(key));
    return (
        <details class="limits" open={open || isWrong}>
            <summary>{t('limits')} <small>{said(task)}</small></summary>
            <div class="stack">
                <Field label={t('taskTimeout')} hint={t('taskTimeoutHint')} wrong={wrong('timeout')}><Text type="number" min={1} max={10080} disabled={readOnly} placeholder={t('noLimit')} value={textOf(task.timeout)} set={(v) => put(props, { timeout: numberOf(v) })} /></Field>
                <Retry {...props} />
                {(UNSURE.includes(task.type) || onCrash) && <Field label={t('onCrash')} hint={t('onCrashHint')} wrong={wrong('onCrash')}><Choice value={onCrash} disabled={readOnly} set={(v) => put(props, { onCrash: v || undefined })}
                    options={[['', t('onCrashStandard')], ['retry', t('onCrashRetry')], ['fail', t('onCrashFail')], ...(['', 'retry', 'fail'].includes(onCrash) ? [] : [[onCrash, onCrash] as const])]} /></Field>}
                <Field label={t('description')}><Text disabled={readOnly} value={textOf(task.description)} set={(v) => put(props, { description: v || undefined })} /></Field>
            </div>
        </details>
    );
}

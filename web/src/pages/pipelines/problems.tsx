/* What the server found in a definition, each with a way to its place. */
import type { ComponentChildren } from 'preact';
import type { Finding } from '../../api';
import { t } from '../../texts';

/* Where a finding can be mended: the form of its part, else its line. */
export const tabOf = (pointer: string) => (/^\/(input|_inputMeta|options)\b/.test(pointer) ? 'input' : /^\/(output|_outputMeta)\b/.test(pointer) ? 'output'
    : /^\/(workspace|ciWorkspace)\b/.test(pointer) ? 'workspace' : /^\/notifications\b/.test(pointer) ? 'notifications' : 'yaml');

/* "/stages/Dev/tasks/Web/input/yaml" as people say it: Dev › Web › yaml. */
const placeOf = (pointer: string) => pointer.split('/').slice(1).map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~')).filter((part) => !['stages', 'tasks', 'input'].includes(part)).join(' › ');

export function FindingList({ of, open, act }: { of: Finding[]; open?: (finding: Finding) => void; act?: (finding: Finding) => ComponentChildren }) {
    if (!of.length) return null;
    const place = (f: Finding) => [f.line ? t('problemAt', { line: f.line }) : '', placeOf(f.pointer)].filter(Boolean).join(' · ');
    return (
        <ul class="findings">{of.map((f, i) => (
            <li key={i}><span class={`status ${f.level === 'ERROR' ? 'bad' : 'wait'}`}><i aria-hidden="true" />{t(f.level === 'ERROR' ? 'problemError' : 'problemWarning')}</span>
                <span><span>{f.message}</span>{place(f) && <small>{open ? <button type="button" class="plain" onClick={() => open(f)}>{place(f)}</button> : place(f)}</small>}{act?.(f)}</span></li>))}</ul>
    );
}

export function Findings({ of, open, close }: { of: Finding[]; open: (finding: Finding) => void; close: () => void }) {
    const errors = of.filter((f) => f.level === 'ERROR').length;
    if (!of.length) return <p class="notice done actions" role="status"><span>{t('problemsNone')}</span><button type="button" class="plain" onClick={close}>{t('close')}</button></p>;
    return (
        <section class="panel" role="status" aria-label={t('validate')}>
            <div class="panel-head"><h2>{t('problemsFound', { errors, warnings: of.length - errors })}</h2><button type="button" class="plain" onClick={close}>{t('close')}</button></div>
            <FindingList of={of} open={open} />
        </section>
    );
}

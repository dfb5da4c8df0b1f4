/* What every page is made of. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Problem } from './api';
import { durationText, statusText, t, timeText, wholeTime } from './texts';

const TONE: Record<string, string> = {
    COMPLETED: 'good', FAILED: 'bad', FAILED_CONTINUE: 'bad', RUNNING: 'busy', STARTED: 'busy', RESUMING: 'busy', CANCELING: 'wait', PAUSED: 'wait',
    PAUSING: 'wait', WAITING: 'wait', QUEUED: 'wait', HELD: 'wait', ROLLING_BACK: 'wait', ROLLBACK_COMPLETED: 'bad', ROLLBACK_FAILED: 'bad', ACTIVE: 'wait', APPROVED: 'good', REJECTED: 'bad', EXPIRED: 'bad',
};
export const tone = (status: string) => TONE[status] ?? 'quiet';

export function Status({ is }: { is: string }) {
    return <span class={`status ${tone(is)}`}><i aria-hidden="true" />{statusText(is)}</span>;
}

export function Time({ at }: { at: number }) {
    return <time dateTime={new Date(at / 1000).toISOString()} title={wholeTime(at)}>{timeText(at)}</time>;
}

/* Counts on while it lasts. */
export function Duration({ from, micros, going }: { from: number | undefined; micros: number; going: boolean }) {
    const [, tick] = useState(0);
    useEffect(() => {
        if (!going) return;
        const timer = setInterval(() => tick((n) => n + 1), 1000);
        return () => clearInterval(timer);
    }, [going]);
    const now = going && from ? Math.floor(Math.max(0, Date.now() * 1000 - from) / 1e6) * 1e6 : micros;
    return <span class="number">{durationText(now)}</span>;
}

export function Head({ title, children }: { title: ComponentChildren; children?: ComponentChildren }) {
    return <header class="head"><h1 tabIndex={-1}>{title}</h1><div class="actions">{children}</div></header>;
}

export function Empty({ title, hint, children }: { title: string; hint: string; children?: ComponentChildren }) {
    return <div class="empty"><h2>{title}</h2><p>{hint}</p>{children}</div>;
}

export function Trouble({ problem, retry }: { problem: Problem | null; retry?: () => void }) {
    if (!problem) return null;
    return <div class="trouble" role="alert"><p>{problem.message}</p>{retry && <button type="button" onClick={retry}>{t('tryAgain')}</button>}</div>;
}

export const Loading = () => <p class="loading" role="status">{t('loading')}</p>;

export function Copy({ text, label, quiet, strong }: { text: string | (() => Promise<string>); label?: string; quiet?: boolean; strong?: boolean /* with its sign, in capitals */ }) {
    const [said, say] = useState('');
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
            say(t('copied'));
        } catch (error) {
            say(error instanceof Problem ? error.message : t('copyFailed'));
        }
        setTimeout(() => say(''), 2500);
    };
    return <button type="button" class={quiet ? 'plain' : strong ? 'primary capitals' : ''} onClick={() => void copy()}>
        {strong && <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M9 9h11v11H9zM5 15H4V4h11v1" /></svg>}<span aria-live="polite">{said || (label ?? t('copy'))}</span></button>;
}

/* A window over the page; Escape and a click beside it close it, the browser keeps the focus inside. */
export function Dialog({ title, close, children, wide }: { title: string; close: () => void; children: ComponentChildren; wide?: boolean }) {
    const box = useRef<HTMLDialogElement>(null);
    useEffect(() => { box.current?.showModal(); }, []);
    return (
        <dialog ref={box} class={wide ? 'wide' : ''} aria-labelledby="dialog-title" onClose={close}
            onMouseDown={(e) => { if (e.target === box.current) box.current?.close(); }}>
            <div class="window">
                <header><h2 id="dialog-title">{title}</h2><button type="button" class="plain" aria-label={t('close')} onClick={() => box.current?.close()}>✕</button></header>
                {children}
            </div>
        </dialog>
    );
}

export interface MenuItem { text: string; act: () => void; bad?: boolean; disabled?: boolean }

/* "..." and what else can be done. Arrows move, Home and End, Escape closes; the focus goes back to the button. */
export function Menu({ label, items }: { label: string; items: (MenuItem | false | null | undefined | '')[] }) {
    const [open, setOpen] = useState(false);
    const box = useRef<HTMLSpanElement>(null), button = useRef<HTMLButtonElement>(null);
    const shown = items.filter((item): item is MenuItem => !!item);
    const entries = () => Array.from(box.current?.querySelectorAll<HTMLButtonElement>('[role=menuitem]:not(:disabled)') ?? []);
    useEffect(() => {
        if (!open) return;
        entries()[0]?.focus();
        const away = (e: Event) => { if (!box.current?.contains(e.target as Node)) setOpen(false); };
        document.addEventListener('pointerdown', away);
        return () => document.removeEventListener('pointerdown', away);
    }, [open]);
    const key = (e: KeyboardEvent) => {
        const all = entries(), at = all.indexOf(document.activeElement as HTMLButtonElement);
        const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[e.key];
        if (!open) return;
        if (e.key === 'Escape') { e.stopPropagation(); e.preventDefault(); setOpen(false); button.current?.focus(); }
        if (e.key === 'Tab') setOpen(false);
        if (to !== undefined && all.length) { e.preventDefault(); all[to % all.length]!.focus(); }
    };
    if (!shown.length) return null;
    return (
        <span class="menu" ref={box} onKeyDown={key}>
            <button type="button" class="plain" ref={button} aria-haspopup="menu" aria-expanded={open} aria-label={label} title={label} onClick={() => setOpen(!open)}>⋯</button>
            {open && <ul role="menu" aria-label={label}>{shown.map((item) => (
                <li key={item.text} role="none"><button type="button" role="menuitem" tabIndex={-1} class={item.bad ? 'bad' : ''} disabled={item.disabled}
                    onClick={() => { setOpen(false); button.current?.focus(); item.act(); }}>{item.text}</button></li>))}</ul>}
        </span>
    );
}

/* Does something that may fail: what it is called while it does, and what went wrong. */
export function useAction(): { busy: boolean; problem: Problem | null; run: (what: () => Promise<unknown>) => void; clear: () => void } {
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState<Problem | null>(null);
    const run = (what: () => Promise<unknown>) => {
        setBusy(true);
        setProblem(null);
        what().catch((e: unknown) => setProblem(e instanceof Problem ? e : new Problem(0, String(e)))).finally(() => setBusy(false));
    };
    return { busy, problem, run, clear: () => setProblem(null) };
}

export function Confirm({ title, hint, word, close, act }: { title: string; hint: string; word: string; close: () => void; act: () => Promise<unknown> }) {
    const { busy, problem, run } = useAction();
    return (
        <Dialog title={title} close={close}>
            <p>{hint}</p>
            <Trouble problem={problem} />
            <footer>
                <button type="button" onClick={close}>{t('cancel')}</button>
                <button type="button" class="danger" disabled={busy} onClick={() => run(async () => { await act(); close(); })}>{word}</button>
            </footer>
        </Dialog>
    );
}

// ---- forms

/* A label, one control somewhere inside, and what is to be said of it. The control is tied to its words here, so that its name is
 * the label alone, and the hint or what is wrong is read after it. */
export function Field({ label, hint, wrong, children }: { label: string; hint?: string; wrong?: string; children: ComponentChildren }) {
    const id = useId(), box = useRef<HTMLDivElement>(null);
    useLayoutEffect(() => {
        const control = box.current?.querySelector('input, select, textarea');
        if (!control) return;
        control.id ||= id;
        box.current!.querySelector('label')!.htmlFor = control.id;
        if (wrong || hint) control.setAttribute('aria-describedby', `${id}-said`); else control.removeAttribute('aria-describedby');
        if (wrong) control.setAttribute('aria-invalid', 'true'); else control.removeAttribute('aria-invalid');
    });
    return (
        <div class={wrong ? 'field wrong' : 'field'} ref={box}><label>{label}</label>{children}
            {wrong ? <em role="alert" id={`${id}-said`}>{wrong}</em> : hint && <small id={`${id}-said`}>{hint}</small>}</div>
    );
}

type Change = { value: string; set: (value: string) => void };

export function Text({ value, set, ...more }: Change & Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'value'>) {
    return <input type="text" autoComplete="off" spellcheck={false} {...more} value={value} onInput={(e) => set(e.currentTarget.value)} />;
}

export function Choice({ value, set, options, ...more }: Change & { options: readonly (readonly [string, string])[]; required?: boolean; disabled?: boolean; 'aria-label'?: string }) {
    return <select {...more} value={value} onChange={(e) => set(e.currentTarget.value)}>{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}</select>;
}

export function Toggle({ on, set, label, disabled }: { on: boolean; set: (on: boolean) => void; label: string; disabled?: boolean }) {
    return <button type="button" role="switch" class="toggle" aria-checked={on} disabled={disabled} onClick={() => set(!on)}><i aria-hidden="true" /><span>{label}</span></button>;
}

// ---- values

export function Json({ value }: { value: unknown }) {
    const empty = value === null || value === undefined || (typeof value === 'object' && !Object.keys(value as object).length);
    return empty ? <p class="faint">{t('none')}</p> : <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>;
}

export function Values({ of }: { of: Record<string, unknown> }) {
    const rows = Object.entries(of);
    if (!rows.length) return <p class="faint">{t('none')}</p>;
    return (
        <dl class="values">
            {rows.map(([name, value]) => {
                const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
                return <div key={name}><dt>{name}</dt><dd>{text.includes('\n') ? <pre tabIndex={0}>{text}</pre> : text}</dd></div>;
            })}
        </dl>
    );
}

/* A diff's lines, each told by a sign and by colour. */
export function Patch({ text }: { text: string }) {
    const tone = (line: string) => (line.startsWith('+') ? 'added' : line.startsWith('-') ? 'gone' : line.startsWith('@') ? 'faint' : '');
    return <pre class="diff" tabIndex={0}>{text.replace(/\n$/, '').split('\n').map((line, i) => <span key={i} class={tone(line)}>{line}{'\n'}</span>)}</pre>;
}

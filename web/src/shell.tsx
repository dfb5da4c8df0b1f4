/* What stands around every page: the way to the others, who is here, and whether what is seen is live. */
import type { ComponentChildren, JSX } from 'preact';
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sessionOver, signOut, signedIn, who } from './api';
import { connected } from './live';
import { Activity } from './pages/activity';
import { Endpoints } from './pages/endpoints';
import { ExecutionPage } from './pages/execution';
import { Executions } from './pages/executions';
import { PipelinePage, Pipelines } from './pages/pipelines';
import { SignIn } from './pages/signin';
import { Tokens } from './pages/tokens';
import { Variables } from './pages/variables';
import { Webhooks } from './pages/webhooks';
import { Empty } from './parts';
import { address, match, path } from './router';
import { language, setLanguage, t, type TextKey } from './texts';

interface Place { path: string; text: TextKey; icon: string; under?: TextKey; page: (parts: Record<string, string>) => JSX.Element }

const PLACES: Place[] = [
    { path: '/executions', text: 'executions', icon: 'M8 5v14l11-7z', page: () => <Executions /> },
    { path: '/pipelines', text: 'pipelines', icon: 'M4 5h6v5H4zM14 14h6v5h-6zM7 10v6.500h7', page: () => <Pipelines /> },
    { path: '/triggers/docker/activity', text: 'activity', under: 'triggers', icon: 'M3 12h4l3-7 4 14 3-7h4', page: () => <Activity /> },
    { path: '/triggers/docker/webhooks', text: 'webhooks', under: 'triggers', icon: 'M9 15l6-6M8 11l-2 2a3.500 3.500 0 0 0 5 5l2-2M16 13l2-2a3.500 3.500 0 0 0-5-5l-2 2', page: () => <Webhooks /> },
    { path: '/endpoints', text: 'endpoints', icon: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01', page: () => <Endpoints /> },
    { path: '/variables', text: 'variables', icon: 'M8 4c-3 0-2 7-5 8 3 1 2 8 5 8M16 4c3 0 2 7 5 8-3 1-2 8-5 8', page: () => <Variables /> },
];

const OTHERS: Pick<Place, 'path' | 'page' | 'text'>[] = [
    { path: '/', text: 'executions', page: () => <Executions /> },
    { path: '/executions/:id', text: 'executions', page: ({ id }) => <ExecutionPage key={id} id={id!} /> },
    { path: '/pipelines/:id', text: 'pipelines', page: ({ id }) => <PipelinePage key={id} id={id!} /> },
    { path: '/account/tokens', text: 'apiTokens', page: () => <Tokens /> },
];

// ---- light and dark: as the system has it, until somebody chose

const theme = signal(document.documentElement.dataset.theme ?? '');
try { theme.value = localStorage.getItem('slipway.theme') ?? ''; } catch { /* private windows forget it */ }

function applyTheme(): void {
    if (theme.value) document.documentElement.dataset.theme = theme.value;
}

function changeTheme(): void {
    const dark = theme.value ? theme.value === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    theme.value = dark ? 'light' : 'dark';
    try { localStorage.setItem('slipway.theme', theme.value); } catch { /* as above */ }
    applyTheme();
}
applyTheme();

export const Icon = ({ d }: { d: string }) => <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={d} /></svg>;

const Mark = () => (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" /><path class="water" d="M5 24h22" /><path class="hull" d="M7 15h18l-3.4 6H10.400z" /><path class="sail" d="M15 6v7.500M15.500 6.500 22 13h-6.500" />
    </svg>
);

export function Settings() {
    return (
        <div class="settings">
            <button type="button" class="plain" lang={language.value === 'de' ? 'en' : 'de'} onClick={() => setLanguage(language.value === 'de' ? 'en' : 'de')}>{t('language')}</button>
            <button type="button" class="plain" onClick={changeTheme} aria-label={t('theme')} title={t('theme')}><Icon d="M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18" /></button>
        </div>
    );
}

function Navigation({ close }: { close: () => void }) {
    let under: TextKey | undefined;
    const items: ComponentChildren[] = [];
    for (const p of PLACES) {
        if (p.under && p.under !== under) items.push(<li key={p.under} class="group">{t(p.under)} <span aria-hidden="true">›</span> {t('docker')}</li>);
        under = p.under;
        const current = path() === p.path || path().startsWith(p.path + '/') || (path() === '/' && p === PLACES[0]);
        items.push(<li key={p.path} class={p.under ? 'inner' : ''}><a href={p.path} aria-current={current ? 'page' : undefined} onClick={close}><Icon d={p.icon} />{t(p.text)}</a></li>);
    }
    return <ul>{items}</ul>;
}

function Account() {
    return (
        <div class="account">
            <p class={connected.value ? 'pulse' : 'pulse off'} role="status">{connected.value ? t('live') : t('offline')}</p>
            <strong>{who.value?.name ?? ''}</strong>
            <a href="/account/tokens" aria-current={path() === '/account/tokens' ? 'page' : undefined}>{t('account')} <span aria-hidden="true">›</span> {t('apiTokens')}</a>
            <button type="button" class="plain" onClick={() => signOut()}>{t('signOut')}</button>
            <Settings />
        </div>
    );
}

function pageHere(): { page: JSX.Element; text: TextKey } {
    for (const place of [...PLACES, ...OTHERS]) {
        const parts = match(place.path);
        if (parts) return { page: place.page(parts), text: place.text };
    }
    return { page: <Empty title={t('notFound')} hint=""><a class="button" href="/executions">{t('executions')}</a></Empty>, text: 'notFound' };
}

export function Shell() {
    const [open, setOpen] = useState(false);
    const main = useRef<HTMLElement>(null);
    const began = useRef(false);
    const here = address.value.split('?')[0];
    const found = signedIn.value ? pageHere() : null;
    useEffect(() => { document.documentElement.lang = language.value; document.title = `${found ? t(found.text) : t('signIn')} – Slipway`; });
    useEffect(() => { /* a screen reader hears where it came to */
        if (began.current) main.current?.querySelector('h1')?.focus({ preventScroll: true });
        began.current = true;
        setOpen(false);
    }, [here, signedIn.value]);
    if (!found) return <SignIn over={sessionOver.value} />;
    return (
        <>
            <a class="skip" href="#main">{t('skip')}</a>
            <div class={open ? 'frame open' : 'frame'}>
                <nav class="side" aria-label={t('menu')}>
                    <div class="brand"><a href="/executions"><Mark /><span>Slipway</span></a>
                        <button type="button" class="plain burger" aria-expanded={open} onClick={() => setOpen(!open)}>{t('menu')}</button></div>
                    <div class="drawer"><Navigation close={() => setOpen(false)} /><Account /></div>
                </nav>
                <main id="main" ref={main} tabIndex={-1}>{found.page}</main>
            </div>
        </>
    );
}
export { Mark };

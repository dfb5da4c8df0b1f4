/* What stands around every page: the way to the others, who is here, and whether what is seen is live. */
import './style.css'; /* before the sheets of the areas, which go beyond it */
import type { ComponentChildren, JSX } from 'preact';
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sessionOver, signOut, signedIn, who } from './api';
import { connected } from './live';
import { lazy, type Lazy, type Parts } from './lazy';
import { Gate, SignIn } from './pages/signin';
import { Head } from './parts';
import { address, match, path } from './router';
import { language, setLanguage, t, type TextKey } from './texts';

interface Page { path: string; text: TextKey; page: Lazy<Parts> }
interface Place extends Page { icon: string; under?: TextKey; owners?: boolean } /* owners: of the organization only */

const PLACES: Place[] = [
    { path: '/', text: 'dashboard', icon: 'M4 13h7V4H4zM13 20h7v-9h-7zM13 4v4h7V4zM4 20h7v-4H4z', page: lazy(() => import('./pages/dashboard/dashboard')) },
    { path: '/executions', text: 'executions', icon: 'M8 5v14l11-7z', page: lazy(() => import('./pages/executions/list')) },
    { path: '/pipelines', text: 'pipelines', icon: 'M4 5h6v5H4zM14 14h6v5h-6zM7 10v6.500h7', page: lazy(() => import('./pages/pipelines/list')) },
    { path: '/user-operations', text: 'userOperations', icon: 'M4 5h16v11H9l-5 4zM9 10.5l2 2 4-4', page: lazy(() => import('./pages/approvals/list')) },
    { path: '/notifications', text: 'notifications', icon: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 20.500a2 2 0 0 0 4 0', page: lazy(() => import('./pages/notifications/list')) },
    { path: '/custom-integrations', text: 'integrations', icon: 'M9 4v4M15 4v4M7 8h10v4a5 5 0 0 1-10 0zM12 17v4', page: lazy(() => import('./pages/integrations/integrations')) },
    { path: '/triggers/docker/webhooks', text: 'webhooks', under: 'triggers', icon: 'M9 15l6-6M8 11l-2 2a3.500 3.500 0 0 0 5 5l2-2M16 13l2-2a3.500 3.500 0 0 0-5-5l-2 2', page: lazy(() => import('./pages/triggers/webhooks')) },
    { path: '/triggers/docker/activity', text: 'activity', under: 'triggers', icon: 'M3 12h4l3-7 4 14 3-7h4', page: lazy(() => import('./pages/triggers/activity')) },
    { path: '/triggers/docker/simulate', text: 'simulate', under: 'triggers', icon: 'M10 3h4M11 3v6l-6 10a1.500 1.500 0 0 0 1.300 2.200h11.400A1.500 1.500 0 0 0 19 19L13 9V3M8 15h8', page: lazy(() => import('./pages/triggers/simulate')) },
    { path: '/deployments', text: 'deployments', icon: 'M12 3l8 4.500v9L12 21l-8-4.500v-9zM4 7.500l8 4.500 8-4.500M12 12v9', page: lazy(() => import('./pages/deployments/list')) },
    { path: '/endpoints', text: 'endpoints', icon: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01', page: lazy(() => import('./pages/endpoints/list')) },
    { path: '/cloud-proxies', text: 'cloudProxies', icon: 'M12 3v6M12 15v6M4 12h5M15 12h5M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z', page: lazy(() => import('./pages/proxies/list')) },
    { path: '/variables', text: 'variables', icon: 'M8 4c-3 0-2 7-5 8 3 1 2 8 5 8M16 4c3 0 2 7 5 8-3 1-2 8-5 8', page: lazy(() => import('./pages/variables/variables')) },
    { path: '/projects', text: 'projects', icon: 'M3 6h6l2 2h10v11H3z', page: lazy(() => import('./pages/projects/list')) },
    { path: '/users', text: 'users', owners: true, icon: 'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c.5-3.500 3-5.500 6.500-5.500s6 2 6.500 5.500M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.800c2 .8 3.200 2.600 3.500 5.200', page: lazy(() => import('./pages/projects/users')) },
    { path: '/settings', text: 'settings', icon: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200M16.200 16.200l2.200 2.200M18.400 5.600l-2.200 2.200M7.800 16.200l-2.200 2.200', page: lazy(() => import('./pages/settings/about')) },
];

const OTHERS: Page[] = [
    { path: '/start', text: 'firstHour', page: lazy(() => import('./pages/start/start')) },
    { path: '/executions/:id', text: 'executions', page: lazy(() => import('./pages/executions/run')) },
    { path: '/pipelines/new', text: 'pipelines', page: lazy(() => import('./pages/pipelines/edit')) },
    { path: '/pipelines/:id', text: 'pipelines', page: lazy(() => import('./pages/pipelines/edit')) },
    { path: '/projects/:id', text: 'projects', page: lazy(() => import('./pages/projects/project')) },
    { path: '/triggers/docker/webhooks/:id/listen', text: 'webhooks', page: lazy(() => import('./pages/triggers/listen')) },
    { path: '/account/tokens', text: 'apiTokens', page: lazy(() => import('./pages/account/tokens')) },
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
        if (p.owners && who.value?.orgRole !== 'owner') continue;
        if (p.under && p.under !== under) items.push(<li key={p.under} class="group">{t(p.under)} <span aria-hidden="true">›</span> {t('docker')}</li>);
        under = p.under;
        const current = path() === p.path || (p.path !== '/' && path().startsWith(p.path + '/'));
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

/* The code of the page that the address names, before anything is drawn. */
export function fetchPage(): void {
    [...PLACES, ...OTHERS].find((place) => match(place.path))?.page.fetch();
}

const Invitation = lazy(() => import('./pages/account/invitation'));

function pageHere(): { page: JSX.Element; text: TextKey } {
    for (const place of [...PLACES, ...OTHERS]) {
        const parts = match(place.path);
        if (parts) return { page: <place.page key={path()} {...parts} />, text: place.text };
    }
    return { page: <><Head title={t('notFound')} /><p><a class="button" href="/">{t('dashboard')}</a></p></>, text: 'notFound' };
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
    if (here === '/invitation') return <Gate><Invitation /></Gate>;
    if (!found) return <SignIn over={sessionOver.value} />;
    return (
        <>
            <a class="skip" href="#main">{t('skip')}</a>
            <div class={open ? 'frame open' : 'frame'}>
                <nav class="side" aria-label={t('menu')}>
                    <div class="brand"><a href="/"><Mark /><span>Slipway</span></a>
                        <button type="button" class="plain burger" aria-expanded={open} onClick={() => setOpen(!open)}>{t('menu')}</button></div>
                    <div class="drawer"><Navigation close={() => setOpen(false)} /><Account /></div>
                </nav>
                <main id="main" ref={main} tabIndex={-1}>{found.page}</main>
            </div>
        </>
    );
}
export { Mark };

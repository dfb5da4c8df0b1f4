/* The door: an API token, or user and password. */
import './account/account.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Problem, signIn } from '../api';
import { Field, Text, Trouble, useAction } from '../parts';
import { Mark, Settings } from '../shell';
import { t } from '../texts';

/* What stands around whatever is asked of people who are not signed in. */
export function Gate({ children }: { children: ComponentChildren }) {
    return (
        <main class="signin" id="main">
            <div class="shore">
                <svg class="waves" viewBox="0 0 600 200" preserveAspectRatio="none" aria-hidden="true">
                    {[30, 62, 94, 126, 158, 190].map((y) => <path key={y} d={`M0 ${y}q75 -${34 - y / 8} 150 0t150 0t150 0t150 0`} />)}
                </svg>
                <div class="brand"><Mark />Slipway</div>
                <div class="says"><p>{t('tagline')}</p><p>{t('signInAbout')}</p></div>
            </div>
            <div class="gate">{children}<Settings /></div>
        </main>
    );
}

/* Counts the seconds down that the server asks to wait for; 0: none. */
function useWait(problem: Problem | null): number {
    const [until, setUntil] = useState(0);
    const [, tick] = useState(0);
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    useEffect(() => setUntil(problem?.status === 429 ? Date.now() + Math.max(1, problem.wait) * 1000 : 0), [problem]);
    useEffect(() => {
        if (!left) return;
        const timer = setTimeout(() => tick((n) => n + 1), 500);
        return () => clearTimeout(timer);
    });
    return left;
}

export function SignIn({ over }: { over: boolean }) {
    const [way, setWay] = useState<'token' | 'password'>('token');
    const [token, setToken] = useState(''), [username, setUser] = useState(''), [password, setPassword] = useState('');
    const { busy, problem, run, clear } = useAction();
    const wait = useWait(problem);
    const choose = (to: 'token' | 'password') => { setWay(to); clear(); };
    const submit = (e: Event) => {
        e.preventDefault();
        run(async () => {
            try {
                await signIn(way === 'token' ? { token: token.trim() } : { username: username.trim(), password });
            } catch (error) {
                if (error instanceof Problem && error.status === 401) throw new Problem(401, t(way === 'token' ? 'signInRefused' : 'passwordRefused'));
                throw error;
            }
        });
    };
    const limited = problem?.status === 429;
    return (
        <Gate>
            <form onSubmit={submit}>
                <h1 tabIndex={-1}>{t('signIn')}</h1>
                {over && !problem && <p class="notice" role="status">{t('ended')}</p>}
                <div class="segments" role="group" aria-label={t('signIn')}>
                    <button type="button" aria-pressed={way === 'token'} onClick={() => choose('token')}>{t('withToken')}</button>
                    <button type="button" aria-pressed={way === 'password'} onClick={() => choose('password')}>{t('withPassword')}</button>
                </div>
                {way === 'token'
                    ? <Field label={t('apiToken')} hint={t('tokenHint')}><Text key="token" type="password" value={token} set={setToken} required autoFocus autoComplete="off" /></Field>
                    : <><Field label={t('user')}><Text key="user" value={username} set={setUser} required autoFocus autoComplete="username" /></Field>
                        <Field label={t('password')}><Text type="password" value={password} set={setPassword} required autoComplete="current-password" /></Field></>}
                {limited ? <p class="notice" role="status">{wait ? t('tooOften', { n: wait }) : t('tryNow')}</p> : <Trouble problem={problem} />}
                <button class="primary" disabled={busy || wait > 0}>{t(busy ? 'signingIn' : 'signIn')}</button>
            </form>
        </Gate>
    );
}

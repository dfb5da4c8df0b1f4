import { useState } from 'preact/hooks';
import { Problem, signIn } from '../api';
import { Field, Text, Trouble, useAction } from '../parts';
import { Mark, Settings } from '../shell';
import { t } from '../texts';

export function SignIn({ over }: { over: boolean }) {
    const [way, setWay] = useState<'token' | 'password'>('token');
    const [token, setToken] = useState(''), [username, setUser] = useState(''), [password, setPassword] = useState('');
    const { busy, problem, run, clear } = useAction();
    const submit = (e: Event) => {
        e.preventDefault();
        run(async () => {
            try {
                await signIn(way === 'token' ? { token: token.trim() } : { username, password });
            } catch (error) {
                if (error instanceof Problem && error.status === 401) throw new Problem(401, t(way === 'token' ? 'signInRefused' : 'passwordRefused'));
                throw error;
            }
        });
    };
    return (
        <main class="signin" id="main">
            <form onSubmit={submit}>
                <div class="brand"><Mark /><h1>Slipway</h1></div>
                <p class="faint">{t('tagline')}</p>
                {over && <p class="notice" role="status">{t('ended')}</p>}
                <div class="segments" role="group" aria-label={t('signIn')}>
                    <button type="button" aria-pressed={way === 'token'} onClick={() => { setWay('token'); clear(); }}>{t('withToken')}</button>
                    <button type="button" aria-pressed={way === 'password'} onClick={() => { setWay('password'); clear(); }}>{t('withPassword')}</button>
                </div>
                {way === 'token'
                    ? <Field label={t('apiToken')} hint={t('tokenHint')}><Text type="password" value={token} set={setToken} required autoFocus autoComplete="off" /></Field>
                    : <><Field label={t('user')}><Text value={username} set={setUser} required autoFocus autoComplete="username" /></Field>
                        <Field label={t('password')}><Text type="password" value={password} set={setPassword} required autoComplete="current-password" /></Field></>}
                <Trouble problem={problem} />
                <button class="primary" disabled={busy}>{busy ? t('loading') : t('signIn')}</button>
            </form>
            <Settings />
        </main>
    );
}

import { Head } from '../../parts';
import { t } from '../../texts';

export default function Dashboard() {
    return <Head title={t('dashboard')} />;
}

import './lib/locale-fix';
import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { connect } from './lib/backend';

await connect();
mount(App, { target: document.getElementById('app')! });

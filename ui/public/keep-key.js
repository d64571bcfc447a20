// The page behind the one-time link: keeps the studio's key where only pages of this very address can read it, and goes on.
localStorage.setItem('tunesmith-key', document.body.dataset.key);
location.replace('/');

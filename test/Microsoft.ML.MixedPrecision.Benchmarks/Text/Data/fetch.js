// Writes spam.tsv and glosses.tsv: node fetch.js FOLDER MAILS WORDNET. See fetch.sh.
'use strict';
const fs = require('fs');
const path = require('path');

const [folder, mails, wordnet] = process.argv.slice(2);

// A line has no tabs and line ends of its own; a text and a label stand on one.
const line = (label, text) => `${label}\t${text.replace(/[\u0000-\u0020\u007f"]+/g, ' ').trim()}`;

function write(name, lines) {
    const once = [...new Map(lines.map(text => [text.slice(text.indexOf('\t') + 1), text])).values()].filter(text => !text.endsWith('\t'));
    fs.writeFileSync(path.join(folder, name), once.join('\n') + '\n');
    console.error(`${name}: ${once.length} lines`);
}

function mail(group, file) {
    const text = JSON.parse(fs.readFileSync(path.join(mails, group, file), 'utf8')).text;
    const end = text.search(/\r?\n\r?\n/);
    const subject = /^subject:(.*)$/im.exec(end < 0 ? text : text.slice(0, end));
    return line(group.startsWith('spam') ? 1 : 0, `${subject ? subject[1] : ''} ${end < 0 ? '' : text.slice(end)}`);
}

const groups = fs.readdirSync(mails).filter(name => /-\d$/.test(name)).sort();
write('spam.tsv', groups.flatMap(
    group => fs.readdirSync(path.join(mails, group)).filter(name => name.endsWith('.json')).sort().map(name => mail(group, name))));

const synsets = fs.readFileSync(path.join(wordnet, 'data.noun'), 'utf8').split('\n').filter(text => /^\d/.test(text));
// The file of the most general nouns is no class of its own.
const tops = '03';
write('glosses.tsv', synsets.filter(text => text.split(' ')[1] !== tops)
    .map(text => line(text.split(' ')[1], text.slice(text.indexOf('|') + 1))));

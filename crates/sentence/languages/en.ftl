# Every message of Tunesmith in English, made from the code by `UPDATE=1 cargo nextest run -p tunesmith-sentence`.
# For another language, copy this file as its code, such as de.ftl, and translate what stands after the equals signs.

adapter-alpha-wrong = lora_alpha is not a number above 0

adapter-bias-wrong = bias is { $bias }, expected none, all or lora_only

adapter-config-too-long = is too long to be an adapter's config

adapter-dora-embedding = DoRA is not supported for embed_tokens

adapter-incomplete = The adapter has no tensors for { $module }, which its config names (target_modules, layers_to_transform)

adapter-kind-unsupported = peft_type is { $kind }, only LORA is supported

adapter-layer-unknown = The model has no layer { $layer }: its last one is { $last }

adapter-layer-unnamed = has tensors for { $module }, but layers_to_transform of adapter_config.json names only { $layers }

adapter-layers-wrong = layers_to_transform is not a list of layers

adapter-magnitudes-beside = The adapter has magnitudes beside { $module }, which is not supported

adapter-magnitudes-missing = { $module } has no lora_magnitude_vector, but use_dora is on

adapter-magnitudes-shape = { $module } has magnitudes of shape { $found }, not { $expected }

adapter-magnitudes-unexpected = { $module } has a lora_magnitude_vector, but use_dora is off

adapter-magnitudes-unfit = it has magnitudes of { $module } of shape { $found }, this one needs { $expected }

adapter-magnitudes-unsupported = { $module } has magnitudes (use_dora), which an embedding cannot have here

adapter-module-excluded = has tensors for { $module }, which exclude_modules of adapter_config.json leaves out

adapter-module-kind = its { $module } is another kind of module

adapter-module-missing = this one has no { $module }

adapter-module-shape = it has { $module } of shape { $found }, this one { $expected }

adapter-module-unknown = The model has no module { $module }; it has { $known }

adapter-module-unnamed = has tensors for { $module }, but target_modules of adapter_config.json names only { $names }

adapter-module-without-layer = { $module } belongs to no layer, so it cannot be tuned where layers are listed

adapter-modules-missing = target_modules is missing

adapter-modules-without-tensors = { $count ->
    [one] The adapter has no tensors for { $names }, which its config names: there the base model is used alone
   *[other] The adapter has no tensors for { $count } modules that its config names: there the base model is used alone. The first of them: { $names }
}

adapter-norm-missing = A pair with magnitudes needs its weight's norm

adapter-of-changed-base = it began as { $start }, so it belongs to a changed base model; save it with path_initial_model_for_weight_conversion

adapter-of-other-model = The adapter belongs to another model: { $reason }

adapter-other-base = The adapter says that it was made for “{ $named }”. With another base model it may do worse than no adapter

adapter-other-template = The adapter's folder has another chat template than the base model, whose template is used. If the adapter was trained with its own, put that into the base model's folder or choose it as the model's template, or the model answers otherwise than it has learned

adapter-other-tokens = { $count ->
    [one] The tokenizer in the adapter's folder has a special token that the base model's does not have: { $names }. The base model's is used, so what the adapter has learned of it is lost
   *[other] The tokenizer in the adapter's folder has { $count } special tokens that the base model's does not have, such as { $names }. The base model's is used, so what the adapter has learned of them is lost
}

adapter-other-vocabulary = its { $name } is for a vocabulary of { $found } tokens, this one has { $expected }

adapter-pattern-number = { $key } has no such number for { $name }: { $value }

adapter-pattern-unread = { $key } has a pattern that has a mistake, or that only Python understands: { $pattern }

adapter-pattern-wrong = { $key } does not give modules their numbers

adapter-patterns-large = { $key } has patterns that take too much memory

adapter-pickled = holds only adapter_model.bin, PEFT's older format, which is not read; load it with PEFT and save it with safe_serialization=True

adapter-pissa-dora = A PiSSA start is not supported together with DoRA

adapter-pissa-module = A PiSSA start is not supported for { $module }

adapter-pissa-rank = A PiSSA start of rank { $rank } is too much for { $module }, which has rank { $least }

adapter-rank-other = { $module } has shapes { $shapes }, which do not fit rank { $rank }

adapter-rank-wrong = r is not a rank

adapter-rank-zero = The rank of an adapter must be at least 1

adapter-settings-unknown = { $count ->
    [one] The adapter's config has a setting that is not known and not used: { $names }. If it changes what the adapter computes, the answers are not those of PEFT
   *[other] The adapter's config has { $count } settings that are not known and not used: { $names }. If they change what the adapter computes, the answers are not those of PEFT
}

adapter-shapes = { $module } has shapes { $shapes }

adapter-switch-unsupported = { $switch } is on, which is not supported

adapter-task-unsupported = task_type is { $task }: the adapter is not one of a model that writes text (CAUSAL_LM)

adapter-tensor-missing = The adapter has no tensor { $name }

adapter-tensor-unknown = { $name } is not part of a LoRA pair

adapter-tied = ensure_weight_tying is on for embed_tokens or lm_head, which is not supported: what was trained of the embedding would have to be the head too

adapter-token-unknown = it has a vector for token { $id }, this one knows { $vocabulary } tokens

adapter-tokens-missing = has no vectors for the tokens of { $table }

adapter-tokens-unfit = has { $count } vectors of single tokens for { $table }, but trainable_token_indices of adapter_config.json names another number

adapter-tokens-with-pair = Vectors of single tokens beside a low-rank pair of { $table } are not supported

adapter-tokens-wrong = trainable_token_indices does not list tokens, each once

adapter-whole-missing = The adapter has no { $name }, but its config says that it was trained whole (modules_to_save)

adapter-whole-modules-wrong = modules_to_save is not a list of modules

adapter-whole-unknown = The model has no module { $module } to train whole

adapter-without-a = { $module } has no lora_A

adapter-without-b = { $module } has no lora_B

adapter-without-pairs = holds no low-rank pair

adapter-without-weights = has no adapter_model.safetensors

chat-answering = This chat is still answering

chat-answering-hint = Stop it, or wait until it is done

chat-damaged = This chat cannot be read: { $error }

chat-gone = This chat does not exist any more

chat-max-tokens-range = The longest answer must have at least 1 token

chat-message-empty = There is nothing to say yet

chat-message-too-long = The message alone is too long: with the system prompt it has { $tokens } tokens, and this model reads at most { $limit }

chat-message-too-long-hint = Shorten the message or the system prompt, and send it again

chat-model-stopped = The model stopped unexpectedly

chat-no-tags = A chat has no tags

chat-no-tags-hint = Rename it instead

chat-nothing-to-answer = There is no message to answer again

chat-nothing-to-undo = There is nothing to undo in this chat

chat-nothing-to-undo-hint = The chat is as it was

chat-repetition-penalty-range = The repetition penalty must be a number from 1 to 2

chat-run-going-hint = Wait until it is done, or stop it

chat-run-resume-hint = Resume it first

chat-run-without-result = “{ $name }” has no result to chat with yet

chat-temperature-range = Temperature must be a number from 0 to 10

chat-template-alpaca-about = “### Instruction” and “### Response”

chat-template-chatml-about = Two markers around each turn

chat-template-empty = The template is empty

chat-template-gemma-about = Turns of “user” and “model”

chat-template-hides-answers = The template does not show an answer in one place of its own, so answers could not be learned

chat-template-in-use = “{ $name }” waits or trains with the chat template of this model

chat-template-in-use-hint = Choose another template once it has ended, or stop it

chat-template-llama3-about = A header with the role before each turn

chat-template-markers-unknown = Its markers are not single tokens of this model's tokenizer: { $markers }. They are learned as plain text

chat-template-mistake = The template has a mistake: { $reason }

chat-template-no-end = No token of this model's tokenizer ends an answer, so the model writes until its answer is as long as it may be

chat-template-of-the-user = your own

chat-template-own = { $name } brings its own chat template, which is used

chat-template-own-hint = To use another, change the template in the model's folder

chat-template-plain = Plain lines

chat-template-plain-about = “User:” and “Assistant:”

chat-template-refuses = The template refuses a short conversation: { $reason }

chat-template-too-long = The template has { $kilobytes } kB, and at most { $most } kB are taken

chat-template-unknown = There is no template “{ $name }”

chat-top-p-range = Top-p must be above 0 and at most 1

chat-turn-missing = This message is not in the chat any more

chat-unreadable = The chat “{ $id }” is not shown: it cannot be read: { $error }

chat-without-model = A chat needs a run or a base model

chat-without-model-hint = Choose one

chat-write-hint = Write a message

check-cancelled = The check-up was cancelled

check-scratch-folder = The check-up cannot use its scratch folder: { $error }

command-arguments-broken-off = The request broke off

command-arguments-late = The request did not come whole in time

command-arguments-late-hint = Try again

command-arguments-not-json = The arguments are not JSON: { $error }

command-arguments-other-type = Arguments must be sent as application/json

command-arguments-too-long = The request is longer than { $megabytes } MB

command-arguments-too-long-hint = Send files as uploads

command-arguments-unnamed = { $name }: arguments have names

command-arguments-wrong = { $name }: { $error }

command-broke-off = The command ended unexpectedly

command-broke-off-hint = Try again; the log says more

command-unknown = There is no command { $name }

dataset-all-repaired = { $removed }, { $repaired }

dataset-answer-starts-trimmed = { $rows ->
    [one] Blanks before the answer removed in 1 row
   *[other] Blanks before the answers removed in { $rows } rows
}

dataset-as-imported = As imported

dataset-control-characters-removed = { $rows ->
    [one] Invisible characters removed in 1 row
   *[other] Invisible characters removed in { $rows } rows
}

dataset-cut-short = { $path } is damaged: it ends before one of its rows

dataset-damaged-hint = Import the file again

dataset-damaged-unchecked-hint = Import the file again: an earlier Tunesmith wrote its rows without checksums, so others may be damaged unnoticed

dataset-facts-damaged = { $path } is damaged: { $error }

dataset-facts-damaged-hint = Bring it back from a backup. Where the dataset is not listed, import its rows again: rows.jsonl beside it

dataset-file-held-out = { $rows ->
    [one] 1 row of “{ $file }” held out
   *[other] { $rows } rows of “{ $file }” held out
}

dataset-file-held-out-dropped = { $change }, { $dropped } dropped

dataset-file-held-out-instead = { $instead_of ->
    [one] { $change } in place of 1 row
   *[other] { $change } in place of { $instead_of } rows
}

dataset-garbled-text-repaired = { $rows ->
    [one] Garbled text repaired in 1 row
   *[other] Garbled text repaired in { $rows } rows
}

dataset-html-removed = { $rows ->
    [one] HTML removed in 1 row
   *[other] HTML removed in { $rows } rows
}

dataset-left-out = A dataset is left out of the list. { $why }

dataset-list-damaged = { $path } is damaged

dataset-list-lost = The rows of “{ $name }” cannot be read: { $path } is damaged

dataset-mended = The rows of “{ $name }” were damaged, and were read again from their file: { $why }

dataset-mended-hint = Rows that you edited or added may still be damaged. Look through { $name }

dataset-missing = There is no dataset “{ $name }”

dataset-missing-in-home = There is no dataset “{ $name }” in this home

dataset-missing-in-home-hint = Name files in its place: data with a path

dataset-name-of-several = Several datasets are called “{ $name }”

dataset-name-of-several-hint = Name one by its id, such as { $id }

dataset-no-row-left = No row would be left

dataset-no-row-left-hint = Keep at least one row

dataset-no-row-to-learn-from = { $held_out ->
    [one] No row would be left to learn from: 1 row held out
   *[other] No row would be left to learn from: { $held_out } rows held out
}

dataset-no-row-to-learn-from-hint = Hold out fewer rows, or take another file to hold out

dataset-not-a-row = This is not a row: { $error }

dataset-not-a-row-hint = Check roles and texts

dataset-nothing-to-repair = There is nothing left to repair here

dataset-nothing-to-repair-hint = Let the doctor look again

dataset-others-repaired = { $rows ->
    [one] 1 repaired
   *[other] { $rows } repaired
}

dataset-personal-data-masked = { $rows ->
    [one] Personal data masked in 1 row
   *[other] Personal data masked in { $rows } rows
}

dataset-row-added = A row added

dataset-row-damaged = { $path } is damaged: the row at byte { $at } is not what was written there

dataset-row-edited = Row { $row } edited

dataset-row-missing = There is no row { $row }: this version has { $rows }

dataset-row-missing-hint = The dataset was changed meanwhile; look at it again

dataset-row-refused-hint = Change the row and save again

dataset-rows-drawn = { $drawn } of { $rows } rows drawn

dataset-rows-held-out = { $rows ->
    [one] 1 row held out
   *[other] { $rows } rows held out
}

dataset-rows-lost = Rows of “{ $name }” are lost: { $path } is shorter than it was

dataset-rows-lost-hint = Bring the file back from a backup, or train on the dataset's file again, which reads its rows anew

dataset-rows-merged = { $rows ->
    [one] 1 row of “{ $name }” added
   *[other] { $rows } rows of “{ $name }” added
}

dataset-rows-removed = { $rows ->
    [one] 1 row removed
   *[other] { $rows } rows removed
}

dataset-rows-repaired = { $rows ->
    [one] 1 row repaired
   *[other] { $rows } rows repaired
}

dataset-rows-shuffled = Rows shuffled

dataset-same-role-joined = { $rows ->
    [one] Messages of one role joined in 1 row
   *[other] Messages of one role joined in { $rows } rows
}

dataset-sample-missing = There is no sample “{ $id }”

dataset-secrets-masked = { $rows ->
    [one] Keys and passwords masked in 1 row
   *[other] Keys and passwords masked in { $rows } rows
}

dataset-system-messages-merged = { $rows ->
    [one] System messages merged in 1 row
   *[other] System messages merged in { $rows } rows
}

dataset-unanswered-removed = { $rows ->
    [one] Unanswered questions removed in 1 row
   *[other] Unanswered questions removed in { $rows } rows
}

dataset-unreadable = What is known of the dataset “{ $name }” cannot be read: { $error }

dataset-unreadable-hint = It may have been written by a newer Tunesmith. Its rows lie in the folder datasets/{ $id } of the home

dataset-version-missing = There is no version { $number } of “{ $name }”; the newest is { $newest }

dataset-version-outdated = Version { $number } is in use by now, and this change was meant for version { $meant }

dataset-version-outdated-hint = Look at the rows as they are now, and make the change there

device-build-without-cuda = This build of Tunesmith has no CUDA; `make cuda` makes one that has

device-chosen = It was chosen

device-cpu = { $cores ->
    [one] CPU with 1 core
   *[other] CPU with { $cores } cores
}

device-driver-missing = No NVIDIA driver was found (libcuda.so.1)

device-fastest = It is the fastest device here

device-gpu-refused = The GPU refused: { $error }

device-gpu-unusable = The GPU cannot be used: { $reason }

device-libraries-unfit = NVIDIA's libraries do not fit together: { $reason }

device-library-missing = There is an NVIDIA driver, but { $library } was not found. Install the CUDA 13 toolkit, or `pip install { $package }` and set { $variable } to its folder nvidia/cu13/lib

device-memory-unknown = The { $name } does not say how much memory it has: { $error }

device-no-reason = no reason given

device-unknown = There is no device “{ $device }”; there are { $auto }, { $cpu } and { $cuda }

doctor-accounts-in = bank accounts in { $rows }

doctor-begins-with-assistant = { $rows ->
    [one] 1 conversation begins with the assistant, which many chat templates refuse
   *[other] { $rows } conversations begin with the assistant, which many chat templates refuse
}

doctor-begins-with-assistant-advice = Add the question that was asked, or remove the first message

doctor-blank-start = { $rows ->
    [one] 1 row has an answer that begins with a line break or a blank: as one token with the line break that many templates write before it, it never comes up in a chat
   *[other] { $rows } rows have an answer that begins with a line break or a blank: as one token with the line break that many templates write before it, it never comes up in a chat
}

doctor-blank-start-advice = Let these answers begin with their first word

doctor-cards-in = card numbers in { $rows }

doctor-column-unused = { $prompts ->
    [one] The column “{ $column }” is not used, but 1 prompt has another answer where it differs: from the prompt alone the model cannot know which one is meant
   *[other] The column “{ $column }” is not used, but { $prompts } prompts have another answer where it differs: from the prompt alone the model cannot know which one is meant
}

doctor-column-unused-advice = Import the rows again and choose “{ $column }” as a part of the row, such as the input

doctor-conflicting-labels = { $prompts ->
    [one] 1 prompt has different answers in { $rows } rows: the answers are short, so at most one of them is right
   *[other] { $prompts } prompts have different answers in { $rows } rows: the answers are short, so at most one of them is right
}

doctor-conflicting-labels-advice = Look at each group, and keep the answer that is right

doctor-cut-answer = { $rows ->
    [one] 1 row has an answer that seems to stop in the middle: the model would learn to stop there too
   *[other] { $rows } rows have an answer that seems to stop in the middle: the model would learn to stop there too
}

doctor-cut-answer-advice = Look at how these answers end, and complete or remove them

doctor-duplicates-advice = Keep the first of each group and remove the others, unless the repetition is meant

doctor-emails-in = e-mail addresses in { $rows }

doctor-empty-answer = { $rows ->
    [one] 1 row has an empty answer: the model would learn to say nothing
   *[other] { $rows } rows have an empty answer: the model would learn to say nothing
}

doctor-empty-answer-advice = Remove these rows, or write the answers

doctor-ends-with-user = { $rows ->
    [one] 1 conversation ends with a question: nothing is learned from what comes after the last answer
   *[other] { $rows } conversations end with a question: nothing is learned from what comes after the last answer
}

doctor-ends-with-user-advice = Drop the questions after the last answer, or add the answers

doctor-exact-duplicates = { $rows ->
    [one] 1 row is the same as an earlier row, and what is repeated is learned more strongly than the rest
   *[other] { $rows } rows are the same as an earlier row, and what is repeated is learned more strongly than the rest
}

doctor-few-rows = { $rows ->
    [one] There is only 1 row to learn from, which is little
   *[other] There are only { $rows } rows to learn from, which is little
}

doctor-few-rows-advice = Start with 50 to 100 good rows; OpenAI and Azure ask for 10 at least

doctor-html = { $rows ->
    [one] 1 row has HTML tags or entities left over: the model would learn to write them
   *[other] { $rows } rows have HTML tags or entities left over: the model would learn to write them
}

doctor-html-advice = Strip them; rows about HTML and code are left as they are

doctor-imbalanced-labels = The { $labels } labels are unevenly spread: “{ $often }” { $most } times, “{ $seldom }” { $least }. The model may always give the frequent one

doctor-imbalanced-labels-advice = Add rows of the rare labels, or leave out some of the frequent one

doctor-invisible = { $rows ->
    [one] 1 row has characters that nobody sees but the model reads
   *[other] { $rows } rows have characters that nobody sees but the model reads
}

doctor-invisible-advice = Remove them; emoji and scripts that need joiners keep theirs

doctor-keys-in = keys in { $rows }

doctor-language-count = { $language } { $rows }

doctor-leakage = { $rows ->
    [one] 1 validation row is also among the rows to learn from, the same or nearly so: the validation loss would look better than the model is
   *[other] { $rows } validation rows are also among the rows to learn from, the same or nearly so: the validation loss would look better than the model is
}

doctor-leakage-advice = Remove the rows to learn from that are held out too, or split the rows again

doctor-lost-characters = { $rows ->
    [one] 1 row has “�” where a letter was lost when the file was made
   *[other] { $rows } rows have “�” where a letter was lost when the file was made
}

doctor-lost-characters-advice = Export the data again as UTF-8: what was lost cannot be told from what is left

doctor-many-systems = The conversations have { $number } different system messages, in { $rows } and fewer rows: the model learns a manner for each

doctor-misplaced-system = { $rows ->
    [one] 1 conversation has a system message that does not come first, or several, which many chat templates refuse
   *[other] { $rows } conversations have a system message that does not come first, or several, which many chat templates refuse
}

doctor-misplaced-system-advice = Merge all of them into the first system message, or make each part of the message it belongs to

doctor-mixed-systems = The conversations have { $number } different system messages, in { $rows } rows: the model learns a manner for each

doctor-mixed-systems-advice = Fine if each is meant; else give all conversations the same one

doctor-mojibake = { $rows ->
    [one] 1 row has letters such as “Ã©” where “é” was meant: a file was read in the wrong encoding
   *[other] { $rows } rows have letters such as “Ã©” where “é” was meant: a file was read in the wrong encoding
}

doctor-mojibake-advice = Mend them: what was meant can be told exactly

doctor-near-duplicates = { $rows ->
    [one] 1 row is nearly the same as an earlier row, and what is repeated is learned more strongly than the rest
   *[other] { $rows } rows are nearly the same as an earlier row, and what is repeated is learned more strongly than the rest
}

doctor-no-rows = There is no row to learn from

doctor-no-system = { $rows ->
    [one] 1 conversation has no system message
   *[other] { $rows } conversations have no system message
}

doctor-no-system-advice = Fine if the model is to be used without one; else add the one it will be used with

doctor-no-user-message = { $rows ->
    [one] 1 conversation has no user message: the model would not learn what it answers
   *[other] { $rows } conversations have no user message: the model would not learn what it answers
}

doctor-no-user-message-advice = Add what the user asks

doctor-nothing-taught = { $rows ->
    [one] 1 row only shows what not to say (judged bad, or all answers with the weight 0), so a run leaves it out
   *[other] { $rows } rows only show what not to say (judged bad, or all answers with the weight 0), so a run leaves them out
}

doctor-nothing-taught-advice = Fine if that is meant: they are kept, and runs learn from the other rows

doctor-one-word-answer = { $rows ->
    [one] 1 row has an answer of one word, while the others say more
   *[other] { $rows } rows have an answer of one word, while the others say more
}

doctor-one-word-answer-advice = Look whether these answers are meant to be so short

doctor-other-call-id = { $rows ->
    [one] 1 conversation has a tool result with the id (tool_call_id) of another call, or a call whose id no result has: what belongs together is unclear
   *[other] { $rows } conversations have a tool result with the id (tool_call_id) of another call, or a call whose id no result has: what belongs together is unclear
}

doctor-other-call-id-advice = Give each result the id of its call, and each call its result

doctor-other-language = { $answers ->
    [one] 1 answer is not in { $usual } as the rest: { $listed }. The model may slip into another language
   *[other] { $answers } answers are not in { $usual } as the rest: { $listed }. The model may slip into another language
}

doctor-other-language-advice = Remove these rows, unless the model is to speak several languages

doctor-personal-data = { $rows ->
    [one] 1 row holds personal data ({ $listed }): the model may repeat it to anyone
   *[other] { $rows } rows hold personal data ({ $listed }): the model may repeat it to anyone
}

doctor-personal-data-advice = Mask them, unless the model is meant to give them out

doctor-phones-in = phone numbers in { $rows }

doctor-same-role-twice = { $rows ->
    [one] 1 conversation has two messages of one role in a row, which many chat templates refuse
   *[other] { $rows } conversations have two messages of one role in a row, which many chat templates refuse
}

doctor-same-role-twice-advice = Merge them into one message, with a blank line between

doctor-secrets = { $rows ->
    [one] 1 row holds what looks like a key or a password: the model may repeat it to anyone
   *[other] { $rows } rows hold what looks like a key or a password: the model may repeat it to anyone
}

doctor-secrets-advice = Mask them; a key that was shared should also be withdrawn where it was made

doctor-several-answers = { $prompts ->
    [one] 1 prompt has different answers in { $rows } rows: the model learns to give any of them
   *[other] { $prompts } prompts have different answers in { $rows } rows: the model learns to give any of them
}

doctor-several-answers-advice = Fine if several answers are welcome; else keep the best of each group

doctor-system-missing = { $rows ->
    [one] 1 of { $all } conversations has no system message while the others do: what is learned may depend on it
   *[other] { $rows } of { $all } conversations have no system message while the others do: what is learned may depend on it
}

doctor-system-missing-advice = Give all conversations the system message that the model will be used with, or none

doctor-tool-without-call = { $rows ->
    [one] 1 conversation has what a tool said without a call, or a call that no tool answered: the model would learn to make results up
   *[other] { $rows } conversations have what a tool said without a call, or a call that no tool answered: the model would learn to make results up
}

doctor-tool-without-call-advice = Add the call or the tool's answer, or remove the other half

evaluation-no-model = No model is named to measure

evaluation-no-model-hint = Name a model or a run

evaluation-no-number = The loss is not a number: the model computes NaN or infinity on these rows

evaluation-no-number-hint = Choose another model or adapter: the training that made this one diverged

evaluation-no-result = The run { $run } has no result yet

evaluation-no-result-hint = Wait for its first checkpoint, or resume it

evaluation-no-row = No row of the file can be measured

evaluation-no-row-hint = `tunesmith data inspect FILE` says why

evaluation-question-too-long = its question has { $tokens } tokens, and the model reads at most { $limit }

evaluation-row = { $file }:{ $line }: { $error }

evaluation-row-refused = line { $line } of { $file }: { $why }

evaluation-rows-cut = { $rows ->
    [one] 1 row is longer than the { $limit } tokens that the model reads: only what fits is measured
   *[other] { $rows } rows are longer than the { $limit } tokens that the model reads: only what fits is measured
}

evaluation-whole-model = The run { $run } has trained a whole model, which needs no base model

evaluation-whole-model-hint = Name the run alone, or the model alone

evaluation-worse-answers = { $rows ->
    [one] 1 row has two answers: only the better one (chosen) is measured
   *[other] { $rows } rows have two answers: only the better one (chosen) is measured
}

expected-choice = one of { $choices }

expected-flag = true or false

expected-folder = empty or a folder

expected-integer = a whole number from { $min } to { $max }

expected-integer-or-auto = auto or a whole number from { $min } to { $max }

expected-layers = all, last-8, 4..11 (both included), or a list of layers from 0

expected-layers-once = layers of which each is named once

expected-modules = all-linear or a list of { $known }

expected-names = a list of { $known }, or an empty one

expected-number = a number from { $min } to { $max }

expected-optional-integer = empty or a whole number from { $min } to { $max }

expected-optional-number = empty or a number from { $min } to { $max }

expected-whole-numbers = a list of whole numbers from { $min } to { $max }, each once

export-answers-not-learned = some of its answers are not learned, which this kind of file cannot say

export-arguments-no-object = the arguments of a tool call in it are no object

export-call-not-assistant = a tool is called in it by someone else than the assistant

export-calls-wrong = its tool calls are not functions with name and arguments

export-column-renamed = The column “{ $column }” is called “{ $name }” in the file: under its own name it would be read as a part of the row

export-gone = There is no exported file “{ $name }” any more; export the dataset again

export-judged = it says whether its answer is good, which this kind of file cannot

export-kind-unknown = There is no kind of file “{ $kind }”

export-kind-unknown-hint = Take one of those that are offered

export-labelled = it is a text with a label, and no conversation

export-message-blank = a message in it says nothing

export-named = a message in it has the name of its speaker, for which this kind of file has no place

export-no-answer = no message in it is the assistant's

export-no-exchange = it is not one question and one answer

export-no-pairs = its turns are not one question, one answer, and so on

export-no-prompt = it begins with its only answer, and this kind of file needs a prompt

export-no-row = No row can be written to such a file: { $reason }

export-no-row-hint = Take another kind of file, such as chat as JSONL

export-nothing-asked = nothing comes before its answer

export-nul = it holds a NUL character, which tables cannot

export-openai-call-parts = a tool call in it has parts that OpenAI does not know

export-openai-call-without-id = a tool call in it has no id, as OpenAI requires

export-openai-ends-without-answer = its last message is not the assistant's, as OpenAI requires

export-openai-function-unnamed = a function in it has no name, as OpenAI requires

export-openai-tool-without-call = a tool in it does not say which call it answers, as OpenAI requires

export-other-shape = it has another shape than the first row, and so other columns

export-plain-text = it is plain text, and this kind of file holds questions and answers

export-prompt-repeated = its answer begins with its question, which would be left out of it when the file is read

export-prompt-unclear = where its prompt ends and its answers begin could not be told again

export-role-unknown = a message in it has an unknown role

export-sharegpt-call-numbered = a tool call in it has a number, for which ShareGPT has no place

export-sharegpt-function = it speaks of functions in OpenAI's former words, for which ShareGPT has none

export-sharegpt-speaks-and-calls = an answer in it speaks and calls a tool at once, for which ShareGPT has no place

export-sharegpt-tool-named = a message in it has the name of its speaker or the number of a call, for which ShareGPT has no place

export-side-empty = There is no row to write

export-side-empty-hint = Take both sides; if there are no rows at all, `tunesmith data inspect FILE` says why

export-text-blank = it says nothing

export-text-like-list = a text in it looks like a list of messages

export-thought = an answer in it has a reasoning, for which this kind of file has no place

export-tool-called = a tool is called in it, for which this kind of file has no place

export-tool-no-object = one of its tools is not an object

export-tools = it has tools that may be called, for which this kind of file has no place

export-two-answers = it has two answers to choose from, and this kind of file has one

export-weight-wrong = a message in it has a weight other than 0 and 1

file-binary = a binary file

file-blank = is empty

file-blank-lines = it holds only blank lines

file-bzip2 = a bzip2 archive

file-empty = empty

file-encrypted-parquet = an encrypted Parquet file

file-gguf = a GGUF model

file-gzip-within = a gzip file within another

file-header-only = it has a header, but no row

file-is-folder = is a folder, not a file

file-json-fields = a JSON list in an object

file-json-list = a JSON list

file-json-objects = JSON objects

file-lfs-pointer = a Git LFS pointer in the place of the file itself, which `git lfs pull` fetches

file-no-bytes = it has no bytes

file-no-json-object = is not a valid JSON object: { $error }

file-no-row = it holds no row

file-not-json = is not valid JSON: { $error }

file-not-regular = is not a file but a pipe, a socket or a device

file-packed-arrow = a packed Arrow file

file-packed-parquet = a packed Parquet file

file-pdf = a PDF document

file-picture = a picture

file-plain-text = plain text

file-sheets-empty = none of its sheets has a row below a header

file-sqlite = an SQLite database

file-table-bars = a table with bars

file-table-commas = a table with commas

file-table-semicolons = a table with semicolons

file-table-tabs = a table with tabs

file-tar = a tar archive

file-web-page = a web page

file-workbook = a workbook, { $kind }

file-wrong = { $path }: { $reason }

file-xz = an xz archive

file-zip = a ZIP archive or an Office document

file-zstandard-within = a Zstandard file within another

home-bundled-file-missing = the bundled file { $file } is missing from this build

home-dangling = { $path } is a link to { $target }, which does not exist

home-dangling-hint = Connect the disk that it is on, make that folder, or set TUNESMITH_HOME to another

home-database-begun-anew = The database of this home was damaged, and a new one was begun: chats, preferences, added models, and the names and tags you gave are lost

home-database-begun-anew-hint = Datasets and fine-tunes are still there. The damaged database is kept as { $aside }

home-database-damaged = The models of this home cannot be looked up: { $path } is damaged

home-database-failed = the database failed: { $error }

home-database-full = The disk is full: the database could not be written

home-database-limited = The database may not grow: this shell limits how large a file is

home-database-lost = { $path } was empty or gone, and a new database was begun: chats, preferences, added models, and the names and tags you gave are lost

home-database-lost-hint = Datasets and fine-tunes are still there. Close Tunesmith and bring { $path } back from a backup, if there is one

home-database-of-another-version = The models of this home cannot be looked up: { $path } was written by another version of Tunesmith

home-database-unreadable-hint = Open Tunesmith once, or name the model by its folder

home-database-unusable = { $path } cannot be used: { $error }

home-database-unusable-hint = It may have been written by a newer Tunesmith; update, or set TUNESMITH_HOME to another folder

home-disk-full = The disk is full: { $path } could not be written

home-disk-full-hint = Free some space and try again

home-earlier-version = This home is in use by an earlier version of Tunesmith, and this one is { $ours }

home-file-damaged = { $path } is damaged: { $error }

home-file-damaged-hint = Bring { $path } back from a backup, if there is one

home-file-too-large = { $path } may not grow: this shell, or the disk, limits how large a file is

home-file-too-large-hint = Raise the limit: ulimit -f unlimited

home-held = Another Tunesmith uses { $home } and does not answer

home-held-by = Another Tunesmith ({ $holder }) uses { $home } and does not answer

home-held-hint = Close it, or set TUNESMITH_HOME to another folder

home-holder-hours = `{ $command }`, process { $process }, for { $hours } hours

home-holder-minutes = { $minutes ->
    [one] `{ $command }`, process { $process }, for a minute
   *[other] `{ $command }`, process { $process }, for { $minutes } minutes
}

home-holder-new = `{ $command }`, process { $process }, for less than a minute

home-job-lost = A job that had not ended when Tunesmith was last closed cannot be read: { $error }

home-job-lost-hint = Start it again

home-log-not-ours = The log of this home is begun anew: { $why }

home-log-not-ours-hint = What lay there is called { $aside } now

home-no-folder = { $path } is no folder, so no home of Tunesmith can be there

home-no-folder-hint = Set TUNESMITH_HOME to a folder

home-not-an-id = “{ $id }” is not an id

home-not-ours-hint = Move { $path } away, or bring the file itself back from a backup

home-other-version = Tunesmith { $theirs } and Tunesmith { $ours } cannot use one home at the same time

home-other-version-hint = Close one of them, or bring both to the same version

home-owner-left = The Tunesmith that held this home was closed

home-path-a-folder-hint = Name a file

home-path-failed = { $path }: { $error }

home-path-forbidden = { $path } may not be read or written by this user

home-path-forbidden-hint = Change its permissions or choose another place

home-path-missing = { $path } does not exist

home-path-missing-hint = Check the path

home-path-name-hint = Choose a shorter name, of letters and digits

home-path-no-folder-hint = Name a folder

home-path-read-only-hint = Choose a place on another disk

home-path-taken-hint = Move it away, or choose another name

home-setting-lost = What was set under “{ $name }” cannot be read and is as at first: { $error }

home-setting-lost-hint = Look through the settings, and set them again

home-sqlite-too-old = this build has SQLite { $version }, which is too old

home-stays-open = Other users of this computer may look into { $path }, and its permissions cannot be changed

home-stays-open-hint = Have its owner take them away, or set TUNESMITH_HOME to a folder that is yours alone

home-threads-range = Threads must be 0 to { $most }

home-threads-range-hint = 0 takes all cores

home-unreachable = The Tunesmith that holds this home cannot be reached: { $error }

home-unreachable-hint = Close other programs and try again

home-unreadable-hint = It is kept as it is. Where a newer Tunesmith wrote it, that one reads it

home-was-open = Other users of this computer could look into { $path }

home-was-open-hint = It is closed to them now; what was in it before, they may have read

import-better-learned = Of the two answers of a row, a run learns only the better one (chosen)

import-bomb = { $path } cannot be read: it is small and unpacks to more than 256 MB, over 200 times its own size

import-bomb-hint = Unpack it with a tool you trust and look at what it holds; import the unpacked file if it is right

import-cancelled = The import was cancelled

import-column-late = { $file }: the column “{ $column }” first comes in line { $line } and is not used

import-damaged-hint = Save or download the file again; if that does not help, save it as .jsonl and import that

import-empty = { $path } is empty: { $found }

import-empty-hint = Pick a file with at least one row

import-field-left-out = The field { $names } around the rows is not read

import-fields-left-out = The fields { $names } around the rows are not read

import-file-left-out = “{ $name }” is empty and left out

import-file-missing = { $path } does not exist

import-file-missing-hint = Check the path, or pick the file again

import-file-named-again = “{ $name }” is named more than once and read once

import-folder-empty = { $path } is a folder that holds no dataset file

import-folder-empty-hint = Pick a folder with .jsonl, .json, .csv, .tsv, .xlsx, .parquet, .txt or .md files in it, also packed as .gz or .zst

import-folder-left-out = Left out of the folder: { $files }

import-folder-too-full = more than { $limit } files lie in it

import-good-learned = A run learns only from answers that are judged good

import-header-too-wide = its header has more than { $limit } columns

import-held-out-by-name = Held out by the name of the file: { $files }

import-keys-unused = { $rows ->
    [one] 1 row has messages with keys that are not used: { $keys }
   *[other] { $rows } rows have messages with keys that are not used: { $keys }
}

import-lfs-pointer-hint = Run `git lfs pull` in its folder, then import it again

import-no-file = No dataset file was given

import-no-file-but-device = it is a pipe or a device, not a file

import-no-file-hint = Drop or pick a .jsonl, .json, .csv, .tsv, .xlsx, .parquet, .txt or .md file, also packed as .gz or .zst, or a folder of them

import-no-output = its output is missing

import-no-parquet = it is no Parquet file that can be read ({ $error })

import-no-row-to-hold-out = No row of { $path } can be held out. { $reason }

import-no-row-to-hold-out-hint = Choose another file

import-no-space = The copy of these rows needs about { $needed } and { $spare } to spare, and { $free } are free where Tunesmith keeps its files

import-no-worker = { $program }, which reads it, cannot be started: { $reason }

import-other-shape = { $file }: { $reason }

import-other-version = the program that reads it is of another version

import-packing-damaged = its { $packing } data is damaged, or the file was cut ({ $error })

import-parquet-contradicts = its parts contradict each other

import-parquet-damaged = its data is damaged ({ $error })

import-parquet-memory = it asks for more memory than the { $limit_mb } MB that reading it may take, or is damaged ({ $status })

import-parquet-packing = its columns are packed with { $packing }, which Tunesmith does not unpack; write it with Snappy or Zstandard

import-parquet-slow = reading it takes longer than { $limit_s } s for a few rows

import-row-too-long = Line { $line } of { $file } is longer than 4 GB

import-row-too-long-hint = Leave it out

import-rows-left-out = { $rows ->
    [one] 1 of { $all } rows was left out: { $why }
   *[other] { $rows } of { $all } rows were left out: { $why }
}

import-rows-noted = { $rows ->
    [one] A part of 1 row is not used: { $first }
   *[other] A part of { $rows } rows is not used. In the first: { $first }
}

import-shrunk = { $path } became shorter while it was read

import-shrunk-hint = Let the program that writes it finish, then import it again

import-too-many-problems = { $path } cannot be imported: more than { $limit } of its rows cannot be used. { $first }

import-too-many-problems-hint = Check that it is the right file, and that its columns have the names expected

import-unreadable = { $path } cannot be read: { $reason }

import-unreadable-hint = Check that the file may be read and its disk is connected, then try again

import-unsupported = { $path } is { $kind }, which cannot be read as a dataset

import-unsupported-hint = Rows are read from .jsonl, .json, .csv, .tsv, .xlsx, .parquet, .txt and .md files: save yours as one of these

import-web-page-hint = The page was saved in the place of the file: download the file itself, after signing in where it asks for that

import-window-hint = Unpack it with `zstd -d --long=31` and import what comes out

import-window-too-large = it is packed with a window of more than 128 MB, which takes as much memory to unpack

import-workbook-columns = a row of its sheet has more than { $limit } columns

import-workbook-damaged = it is no workbook that can be read ({ $error })

import-workbook-encrypted = it is protected by a password

import-workbook-encrypted-hint = Open it, save it without a password, and import that

import-workbook-memory = it is too large for a workbook, as reading it takes more than { $limit_mb } MB of memory, or it is damaged ({ $status })

import-workbook-no-sheet = it has no sheet “{ $sheet }”; its sheets are { $names }

import-workbook-order = the rows of its sheet are not in order

import-workbook-repeats = its sheet has over { $rows } rows in { $bytes } bytes, so it says the same row over and over

import-workbook-slow = it is too large for a workbook: after { $limit_s } s nothing of it was read

import-workbook-too-large-hint = Save its sheet as CSV UTF-8, and import that

import-worker-lost = the process that reads it gave an answer that makes no sense

io-a-folder = it is a folder and not a file

io-disk-failed = the disk cannot read or write it, and may be failing

io-disk-full = the disk is full

io-ends-early = it ends too early

io-exists = there is something of this name already

io-file-too-large = a file may not become that large here

io-folder-not-empty = the folder is not empty

io-forbidden = this user may not read or change it

io-links-in-a-circle = its links lead in a circle

io-name-too-long = its name is too long, or holds what no name may hold here

io-network-gone = the network drive that it is on does not answer

io-not-a-folder = it, or a part of its path, is a file and not a folder

io-not-found = it does not exist

io-other-disk = it is on another disk

io-quota-used-up = this user may take no more space on the disk

io-read-only = it is on a disk that can only be read

io-too-many-files = too many files are open

item-deleted-for-good = This was deleted for good

item-name-control = A name is one line without control characters

item-name-length = A name has 1 to { $longest } characters

item-name-length-hint = Choose another name

item-not-in-bin = This is not in the bin

item-tag-wrong = A tag is one line of at most { $longest } characters

item-tag-wrong-hint = Choose a shorter tag

item-tags-lost = The tags of “{ $name }” cannot be read: { $error }

item-tags-lost-hint = Set its tags again

job-answering = Answering

job-at-work = “{ $title }” is already running

job-at-work-hint = Wait until it is done, or stop it

job-busy = Something else is running here

job-busy-hint = Try again later

job-cancelled = It was cancelled

job-changing-rows = Changing the rows

job-checking-rows = Checking the rows

job-closing = Tunesmith is closing

job-comparing-rows = Comparing the rows

job-counting-tokens = Counting tokens

job-ended-unexpectedly = This ended unexpectedly

job-loading-model = Loading the model

job-measuring = Measuring

job-measuring-speed = Measuring how fast this computer trains

job-no-thread = no thread to work in: { $error }

job-not-waiting = This is not queued

job-not-waiting-hint = It has started or ended meanwhile; look at the list again

job-reading-file = Reading the file

job-reading-files = Reading the files

job-reading-rows = Reading the rows

job-searching = Looking through the rows

job-training = Training

job-writing-file = Writing the file

joined = { $first }; { $next }

language-arabic = Arabic

language-chinese = Chinese

language-dutch = Dutch

language-english = English

language-french = French

language-german = German

language-hindi = Hindi

language-italian = Italian

language-japanese = Japanese

language-korean = Korean

language-portuguese = Portuguese

language-russian = Russian

language-spanish = Spanish

layers-beyond = must be below { $most }, the model's layers, not { $end }

layers-too-many = must be at most last-{ $most }: the model has { $most } layers

listed = { $first }, { $next }

message-and-hint = { $message }
    { $hint }

model-activation-unsupported = the activation “{ $activation }” is not supported; supported: silu, gelu, gelu_pytorch_tanh

model-base-changed = The base model in { $path }, or the chat template that was chosen for it, has changed since this run was trained, so this says little about what was learned

model-bidirectional = it reads in both directions (use_bidirectional_attention), so it cannot write

model-choose-another-hint = Choose another base model

model-computes-nan = The model's results are not numbers (NaN): its weights, or those of its adapter, are too large or damaged

model-config-missing = { $key } is missing

model-config-no-flag = { $key } is { $value }, expected true or false

model-config-no-list = { $key } is not a list

model-config-no-number = { $key } is { $value }, expected a number above 0

model-config-no-size = { $key } is { $value }, expected a whole number from 1 to { $largest }

model-config-too-long = is too long to be a model's config

model-config-unread = { $count ->
    [one] 1 field of config.json is not read: { $names }. If it changes how the model computes, results will be wrong
   *[other] { $count } fields of config.json are not read: { $names }. If one of them changes how the model computes, results will be wrong
}

model-damaged-hint = Download or copy the model again

model-delete-starter = The starter model is a part of Tunesmith

model-delete-trained = This model belongs to the run that trained it

model-delete-trained-hint = Delete the run

model-device-hint = Choose the processor in Settings, or mend what is missing

model-family-hint = Choose a model of a supported family

model-family-unnamed = it names neither model_type nor architectures

model-family-unsupported = { $path }: models of the family “{ $found }” are not supported; supported: { $supported }

model-folder-gone = { $folder } is gone

model-folder-hint = Choose a folder with config.json, tokenizer.json and *.safetensors

model-folder-missing = there is no such folder

model-folder-wrong = { $folder } is not a model folder: { $reason }

model-generation-unused = { $count ->
    [one] generation_config.json has a setting that is not used: { $names }. Answers may differ from those of transformers
   *[other] generation_config.json has { $count } settings that are not used: { $names }. Answers may differ from those of transformers
}

model-head-odd = head_dim is { $width }, but rotary positions need pairs

model-head-untied = config.json says that the output head is the embedding (tie_word_embeddings), but the weight files have a head that differs; the stored head is used, as transformers does

model-header-broken = has a broken header: { $error }

model-header-cut = is cut off: it is shorter than its header says; download or copy it again

model-header-gaps = has a broken header: tensors overlap or leave gaps

model-header-rest = has bytes after its last tensor

model-header-size-wrong = has a broken header: the size of { $name } does not fit its shape

model-header-too-long = is not a safetensors file: its header would be { $bytes } bytes long

model-heads-uneven = { $heads } attention heads cannot share { $kv_heads } key heads evenly

model-index-file-missing = names { $file }, which is not there; download or copy the missing files

model-index-no-text = names a file that is not text

model-index-not-plain = names the file { $name }, which is not a plain .safetensors file of the folder

model-index-too-long = is too long to be an index of weight files

model-index-too-many = names more than { $limit } weight files, which no model has

model-index-without-map = has no weight_map

model-is-adapter = { $path } holds an adapter, which is only a part of a model

model-is-adapter-hint = Choose the folder of the base model that it was trained on

model-is-gguf = { $path } is a GGUF file, which is made for running a model, not for training it

model-is-gguf-hint = Choose the model's Hugging Face folder: config.json, tokenizer.json and *.safetensors

model-layer-type = the layer type “{ $kind }” is not supported

model-layer-types-count = layer_types lists { $found } layers, but there are { $expected }

model-lfs-pointer = is only a Git LFS pointer, the weights themselves were not fetched; run `git lfs pull` in its folder, or download this file from the model's page

model-loading-cancelled = Loading was cancelled

model-missing = There is no base model “{ $id }”

model-no-starter = This build carries no starter model

model-no-tokens = There are no tokens

model-not-finite = { $name } holds NaN or infinite numbers: the training that made it diverged, or the file is damaged

model-not-found = “{ $name }” is neither a model in this home nor a folder

model-not-found-hint = `tunesmith models list` shows what there is

model-not-of-text = the model has a vision or audio tower; only models of text alone are supported

model-of-experts = the model is a mixture of experts, which is not supported

model-projections-wrong = A block has other projections than its kind

model-prompt-empty = There is nothing to answer: the prompt has no tokens

model-prompt-too-long = The prompt is { $tokens } tokens long, but the model reads only { $context }

model-quantized = { $folder }: the weights are quantized already ({ $method }); only f32, f16 and bf16 can be read

model-quantized-hint = Choose the original model, from which this one was quantized

model-record-damaged = The model “{ $name }” is not shown: its record cannot be read: { $error }

model-record-damaged-hint = Add its folder again

model-repetition-penalty = generation_config.json asks for a repetition penalty of { $penalty }. It can be set in a chat

model-rope-bounds = high_freq_factor must be above low_freq_factor

model-rope-layers-short = no_rope_layers is shorter than the model has layers

model-rope-no-list = { $key } of the rope scaling is not a list of { $count } numbers above 0

model-rope-no-number = { $key } of the rope scaling is { $value }, expected a number above 0

model-rope-no-object = the rope scaling is not an object

model-rope-odd = partial_rotary_factor is { $factor }, but heads of { $width } need pairs

model-rope-partial = rotary positions on a part of each head are not supported in this family

model-rope-unsupported = the rope type “{ $kind }” is not supported; supported: default, linear, dynamic, llama3, yarn, longrope

model-rows-unfit = { $tokens } tokens, { $marks } marks and rows of { $in_rows } tokens do not fit

model-save-format = Models are saved in f32 or bf16, not in { $format }

model-second-template = { $file } has another chat template than { $used }; the latter is used, as transformers does

model-templates-list-unused = The list of chat templates in { $file } is not used: { $used } counts before it, as in transformers

model-templates-unused = { $count ->
    [one] 1 chat template of this model is not used: { $names }. Rows and chats use “default”, and “tool_use” where there are tools
   *[other] { $count } chat templates of this model are not used: { $names }. Rows and chats use “default”, and “tool_use” where there are tools
}

model-tensor-shape = { $name } has shape { $found }, expected { $expected }

model-token-unknown = Token { $id } is not in the model's vocabulary of { $vocabulary }: the tokenizer belongs to another model

model-too-many-heads = { $heads } heads of width { $width } are more than any model has

model-too-many-layers = num_hidden_layers is { $count }, which no model has

model-too-many-tensors = brings the model to more than { $limit } tensors

model-unusable = { $name } cannot be used: { $problem }

model-weight-format = { $name } is stored as { $format }, which is not supported; supported: { $supported }

model-weight-missing = The model has no weight { $name }

model-weight-not-in-files = { $name } is missing from the weight files

model-weight-shape = { $name } has shape { $found }, but config.json asks for { $expected }

model-weight-twice = { $name } is in two weight files

model-weights-pickled = its weights are in PyTorch's pickle format, which can run code; save it as safetensors

model-weights-unused = { $count ->
    [one] 1 stored tensor belongs to no part of such a model and is not used: { $first }
   *[other] { $count } stored tensors belong to no part of such a model and are not used, such as { $first }
}

model-window-missing = sliding_window is missing, but layers slide

model-without-config = it has no config.json

model-without-tokenizer = { $folder } has no tokenizer.json

model-without-weights = it has no model.safetensors and no model.safetensors.index.json

names-and-more = { $names } and { $more } more

names-none = none

notify-run-done = “{ $name }” is done

notify-run-done-text = Training has ended

notify-run-failed = “{ $name }” has failed

notify-run-losses = Validation loss before { $before }, after { $after }

own-file-link = it is a link, and nothing is written through a link

own-file-none = it is not a file but a folder, a pipe, a socket or a device

own-file-too-long = it has { $length } bytes, and at most { $longest } are read

own-folder-none = it is not a folder

page-link-not-opened = This browser has not opened the studio's link

page-link-not-opened-hint = Open the link that tunesmith printed

page-link-works-once = The link that { $command } printed in the terminal works once, so that nobody else on this computer can use the studio

page-new-link = Is it used up or older than ten minutes? Press Enter in that terminal for a new one

page-not-built = The screen is not built: run make ui

page-other-address = This address is not the studio's. It answers on { $address } only

page-other-address-hint = Through ssh -L, use the same port on both sides

page-other-site = The request comes from another site

page-other-site-hint = Use the studio from its own page

page-path-no-result = From a browser, a run can only continue from the result of a run in this home

page-path-no-result-hint = Copy the path from the page of that run, or start the run with `tunesmith train`

page-path-not-chosen = A browser cannot choose a path on this computer

page-path-not-chosen-hint = Download the file instead

page-path-not-uploaded = This file was not uploaded

page-path-not-uploaded-hint = Drop the file on the window, or choose it with the button

page-path-outside-model-folders = A browser may only add models from folders that were named when the studio was started, by their full path

page-path-outside-model-folders-hint = Add it in a terminal with `tunesmith models add FOLDER`, or start the studio with `--models FOLDER`

page-path-refused = A browser cannot name this path

page-path-refused-hint = Use the window or the command line for that

page-signed-out = This browser is not signed in to the studio

page-without-key = This page has lost its key to the studio

page-without-key-hint = Open a new link: press Enter where tunesmith runs

pool-load-failed = The model could not be loaded

pool-model-in-use = The model is in use: it is being loaded, or answers somewhere else

pool-model-in-use-hint = Wait until that is done, or stop it

pool-stopped = Stopped

pool-too-big = This needs about { $needed } of memory, and { $available } are free

pool-too-big-hint = Close other programs, wait until a run is done, or take a smaller model

prepare-all-answers-cut = every answer lies beyond the max length (at most what the model reads), or may not be learned

prepare-all-judged-bad = all of them are answers judged bad

prepare-all-refused = { $rows ->
    [one] The only row cannot be rendered. { $why }
   *[other] None of the { $rows } rows can be rendered. The first: { $why }
}

prepare-all-refused-hint = Take another base model, or change the rows

prepare-all-too-long = they are longer than the max length (at most what the model reads), or no answer in them may be learned

prepare-answers-hidden = the model's chat template does not show the answers

prepare-cancelled = The preparation was cancelled

prepare-no-answer-learned = no answer in them may be learned

prepare-no-rows = There is no row to learn from

prepare-no-rows-hint = Every row was left out, or held out. Look at the dataset's problems (`tunesmith data inspect FILE`)

prepare-nothing-to-learn = { $rows ->
    [one] The only row has no token to learn: { $why }
   *[other] None of the { $rows } rows has a token to learn: { $why }
}

prepare-nothing-to-learn-hint = Look at the rows: answers that are judged bad or have weight 0 are not learned, nor is what a max length cuts off

prepare-row-fails = Row { $row }: { $problem }

prepare-rows-too-long = { $count ->
    [one] 1 of { $rows } rows is longer than { $limit } tokens: row { $row } has { $tokens }
   *[other] { $count } of { $rows } rows are longer than { $limit } tokens; the longest, row { $row }, has { $tokens }
}

prepare-rows-too-long-hint = Raise the max length as far as the model reads, or set “Too long” to truncate or drop

preset-balanced = Balanced

preset-balanced-help = A good result for most datasets

preset-quick = Quick

preset-quick-help = A short run, to see whether everything works

preset-sample = For this sample

preset-sample-help = Chosen for these rows and the starter model, and measured with them

preset-thorough = Thorough

preset-thorough-help = More passes and a larger adapter, measured more often; keeps the best step

quoted = “{ $text }”

render-failed = The model's chat template fails on this conversation: { $reason }

render-failed-hint = Take a base model with another chat template

render-file-hint = Choose a Hugging Face model folder with a readable tokenizer.json

render-file-large = it is larger than { $limit_mb } MB

render-file-missing = { $path } does not exist

render-file-no-json = it is not valid JSON: { $error }

render-file-no-object = it holds no JSON object

render-file-unusable = { $path } cannot be used: { $reason }

render-lfs-pointer = it is only a Git LFS pointer, the file itself was not fetched; run `git lfs pull` in its folder, or download it from the model's page

render-no-file = it is not a file

render-no-worker = { $path }, which renders conversations, cannot be started: { $reason }

render-no-worker-hint = Install Tunesmith again: `tunesmith` and `tunesmith-desktop` lie side by side

render-nothing-taught = This row is an answer that somebody has judged bad: there is nothing to learn from it

render-nothing-taught-hint = Train on the rows whose label is true; these are left out

render-other-program = { $path } is another program or an older Tunesmith, and this is Tunesmith { $ours }: only the same version can render for it

render-other-version = { $path } is Tunesmith { $version }, and this is Tunesmith { $ours }: only the same version can render for it

render-other-version-hint = Install Tunesmith again, so that `tunesmith` and `tunesmith-desktop` come from one package, and restart it

render-refused = The model's chat template refuses this conversation: { $reason }

render-refused-hint = Change the rows it names (often a system message, or two messages of one role in a row), or take another base model

render-side-file-hint = Download { $file } of the model again

render-template-hint = Repair the template, or remove it to use a plain one

render-template-unusable = The chat template in { $path } cannot be used: { $reason }

render-tokenizer-contradicts = its rules contradict each other

render-tokenizer-failed = The model's tokenizer fails on this text: { $reason }

render-tokenizer-hint = Take another base model, or remove the text it fails on

render-unclear = The model's chat template does not show message { $message } in one place of its own, so it cannot be learned alone

render-unclear-hint = Take a base model with another chat template, or set “Learn from” to all and leave out weights

render-worker-confused = The model's chat template or tokenizer gives an answer that belongs to another question

render-worker-garbled = The model's chat template or tokenizer is garbled: { $error }

render-worker-hint = Shorten or leave out this text, or take another base model: this one asks more of a text than models do

render-worker-late = The model's chat template or tokenizer took longer than { $seconds } s and was stopped

render-worker-many-tokens = The model's chat template or tokenizer makes far more tokens of a text than it has letters

render-worker-memory = The model's chat template or tokenizer wanted more than the { $limit_mb } MB of memory it may take, or crashed ({ $status })

render-worker-no-pipes = its pipes are missing

render-worker-not-asked = The model's chat template or tokenizer cannot be asked: { $error }

render-worker-not-understood = The model's chat template or tokenizer cannot be understood: { $error }

render-worker-silent = The model's chat template or tokenizer stopped without an answer ({ $status })

row-above-header = This line above the names of the columns is not read

row-answer-column-empty = The column “{ $column }” is empty in this row: there is no answer to learn

row-answer-empty = The answer is empty

row-answers-equal = Both answers of this row are the same, so none is better

row-call-no-json = Message { $number } is a function call that is not JSON with name and arguments

row-call-no-name = Message { $number } has a “{ $kind }” without the name of a function

row-call-not-assistant = Message { $number } (role { $role }) calls a tool, which only the assistant can

row-calls-wrong = Message { $number } has “tool_calls” that are not a list of functions with name and arguments

row-cell-no-text = “{ $column }” is { $kind } in this row, not text

row-chosen-empty = The chosen answer is empty

row-column-empty = The column “{ $column }” is empty in this row

row-column-missing = This row has nothing in the column “{ $column }”

row-column-no-text = The column “{ $column }” holds bytes or another kind of cell that is no text; left out

row-columns-share-name = Columns share a name; each is kept under its own: { $names }

row-content-no-text = Message { $number } has { $kind } as its content, not text

row-endless = This row starts here and never ends: a bracket or quote is missing, or the file was cut

row-fence-unclosed = A code fence that begins here is never closed; the text after it is cut at blank lines

row-file-one-object = { $problem }, and the whole file is this one; write it as JSON lines, with an object for each row on a line of its own, as pandas does with orient="records" and lines=True

row-formula-error = The cell in “{ $column }” holds the error { $error } of a formula; it is read as empty

row-function-call-wrong = Message { $number } has a “function_call” that is not a function with name and arguments

row-header-quote = A quote in the header does not close; the names are read as they stand there

row-history-wrong = “history” is neither a list of messages nor one of [question, answer] in this row

row-in-line = Line { $line }: { $problem }

row-json-no-value = no value begins like this

row-json-surrogate = half of a character that is written as two codes stands alone

row-key-repeated = “{ $name }” stands more than once in an object of this row; only its last value is read

row-key-unused = Message { $number } has the key { $keys }, which is not used

row-keys-unused = Message { $number } has the keys { $keys }, which are not used

row-label-empty = The label is empty

row-label-wrong = “{ $column }” is { $kind } in this row, neither true nor false

row-list-blank = “{ $column }” is empty in this row

row-list-cut = “{ $column }” breaks off after { $letters } characters in this row, in the middle of its list; Excel cuts cells at 32,767

row-list-empty = The list “{ $column }” is empty in this row

row-list-left-out = The list “{ $name }” is left out: its elements have other columns than the rows before it

row-list-missing = This row has no list “{ $column }”

row-list-not-closed = The list is not closed: the file may have been cut, and rows after this line are missing

row-list-not-held-out = The rows of the lists “{ $first }” and “{ $name }” are read as one; keep them in files of these names to hold them out by name

row-list-unreadable = “{ $column }” is a text in this row that is not a list of messages, neither as JSON nor as Python prints it

row-list-wrong = “{ $column }” is { $kind } in this row, not a list of messages

row-message-more-than-text = Message { $number } holds more than text, which cannot be learned

row-message-no-content = Message { $number } has no content

row-message-no-object = Message { $number } is { $kind }, not an object with role and content

row-message-no-role = Message { $number } has no role

row-message-part-no-text = Message { $number } holds a part “{ $kind }”, and only text can be learned

row-message-silent = Message { $number } (role { $role }) says nothing

row-messages-empty = A list of messages is empty in this row

row-more-alike = { $note }; { $more } more like this in the row

row-name-cut = The name of a column is longer than { $limit } characters and is cut there: “{ $name }”

row-no-answer = No message in this row is the assistant's, so there is nothing to learn

row-no-common-prompt = This row has no prompt, and “{ $chosen }” and “{ $rejected }” do not begin with a common one

row-no-header = The first line does not look like names of columns, so it is read as a row; the columns are called “column 1”, “column 2” and so on

row-no-json = This row is not valid JSON: { $what }, at character { $place } of the row

row-no-object = This row is { $kind }, not an object with named columns

row-not-a-number = { $word } in this row is read as empty: JSON has no such value

row-not-utf8 = This row holds bytes that are not UTF-8 text; save the file as UTF-8

row-nothing-asked = This row begins with the answer: nothing is asked

row-nothing-learned = All answers of this row have the weight 0, so nothing of it is learned

row-nul-byte = This row holds a NUL byte, which no text has

row-number-long = The number { $number } has more digits than a number can keep; it is read as a text

row-other-sheets = The sheet “{ $sheet }” is read; not read: { $others }. Another one can be chosen

row-pairs-read = The turns of this row have keys that say who speaks, such as “user” and “assistant”; read as messages

row-part-keys-unused = Message { $number } holds { $keys } beside the text of a part, of which only the text is used

row-prompt-column-empty = The column “{ $column }” is empty in this row: nothing is asked

row-prompt-repeated = The answers of this row begin with its prompt, which is left out of them

row-question-empty = The question is empty

row-quote-endless = This row never ends: a closing quote is missing; the rows after it cannot be read

row-quote-stray = A quote stands in the middle of a cell that begins with a quote; there it must be written twice

row-quote-unclosed = A quote that begins here is never closed; this line is left out

row-ragged = This row has { $cells } cells where the header has { $names }; a cell that holds the separator must stand in quotes

row-reasoning-column-unused = The answer brings reasoning of its own, so that in “{ $column }” is not used

row-rejected-empty = The rejected answer is empty

row-request-keys-unused = Of the request in “{ $column }” these keys are not used: { $keys }

row-role-developer = Message { $number } has the role developer; read as system

row-role-no-text = Message { $number } has { $kind } as its role

row-role-read-as = Message { $number } has the role “{ $role }”; read as { $known }

row-role-unknown = Message { $number } has the role “{ $role }”; known are system, developer, user, assistant and tool, and what other tools call them

row-shape-unknown = The columns are { $columns }; expected “messages”, or “instruction” and “output”, or “prompt” and “completion”, or “text”

row-system-column-unused = The messages bring a system message of their own, so that in “{ $column }” is not used

row-system-empty = Message { $number } is an empty system message; left out

row-text-empty = The text is empty

row-text-long = This text is { $size_kb } kB long; what goes beyond the max length is not learned. Blank lines cut a text file into rows

row-thought-unused = Message { $number } has “{ $key }”, which is read only where it is a text of the assistant's; it is not used

row-too-long = This row is longer than { $limit_mb } MB

row-too-many-values = This row holds more than { $limit } values

row-tools-wrong = “{ $column }” is not a list of tools, each an object, in this row

row-turn-silent = A turn in “{ $column }” says nothing

row-viewer-cut = The dataset viewer has cut off the texts in { $columns } of this row; download the dataset itself to have them whole

row-weight-wrong = Message { $number } has the weight { $weight }; it must be 0 or 1

row-windows-1252 = This file is not UTF-8 and is read as Windows-1252; if letters look wrong, save it as UTF-8 and import it again

row-within-column = In “{ $column }”: { $problem }

rows-file-name = “{ $name }” is no name for a file

rows-pasted-too-long = These rows are longer than { $megabytes } MB

rows-pasted-too-long-hint = Save them as a file, and import that

run-answers-cut = { $count ->
    [one] Only a part of 1 answer is used: the model's chat template does not show the rest
   *[other] Only a part of { $count } answers is used: the model's chat template does not show the rest
}

run-answers-hidden = { $count ->
    [one] 1 answer is left out: the model's chat template does not show it
   *[other] { $count } answers are left out: the model's chat template does not show them
}

run-base-model-differs = the base model in { $path }, or the chat template that was chosen for it, is not the same

run-calls-cut = { $count ->
    [one] Only a part of 1 tool call is used: the model's chat template does not show its name or its arguments
   *[other] Only a part of { $count } tool calls is used: the model's chat template does not show their names or their arguments
}

run-calls-hidden = { $count ->
    [one] 1 tool call is left out: the model's chat template does not show it
   *[other] { $count } tool calls are left out: the model's chat template does not show them
}

run-chart-failed = the chart could not be drawn: { $error }

run-chat-asks-otherwise = { $rows ->
    [one] A chat will ask otherwise than { $row }: it sends { $asked }, and the row has { $learned }. The model may answer worse than it learned
   *[other] A chat will ask otherwise than { $rows } rows. The first is { $row }: the chat sends { $asked }, the row has { $learned }. The model may answer worse than it learned
}

run-chat-begins-otherwise = { $rows ->
    [one] A chat will begin otherwise than { $row }: with { $asked }, and the row with { $learned }. The model may answer worse than it learned
   *[other] A chat will begin otherwise than { $rows } rows. The first is { $row }: the chat begins with { $asked }, the row with { $learned }. The model may answer worse than it learned
}

run-chat-merged = { $rows ->
    [one] A chat will ask otherwise than { $row }: it sends { $asked }, but in the row the tokenizer joins the end of the question and the beginning of the answer to { $learned }. Remove the line break or blank at the beginning of the answer
   *[other] A chat will ask otherwise than { $rows } rows. The first is { $row }: the chat sends { $asked }, but in the row the tokenizer joins the end of the question and the beginning of the answer to { $learned }. Remove the line breaks and blanks at the beginning of the answers
}

run-checkpoint-damaged = The checkpoint of step { $step } of “{ $name }” is damaged and not used: { $reason }

run-checkpoint-damaged-hint = It is kept as { $kept }; delete it when you do not need it

run-checkpoints-active = This run is training or queued, and may need its checkpoints

run-checkpoints-active-hint = Stop it first, or wait until it has ended

run-checksums-damaged-hint = Bring it back from a backup, or delete it: then what the run keeps is used as it is, unchecked

run-context-short = This model reads at most { $context } tokens, so that is the limit, not the { $wanted } of the settings

run-data-differs = the data is not the same

run-delete-active = This run is training or queued

run-delete-active-hint = Stop it first

run-deleted-at-work = The folder of the run was deleted while it trained: { $folder }

run-deleted-at-work-hint = Start the run again; to end one, stop it first and delete it then

run-disk = Needs { $needed } on the disk, and { $free } are free

run-disk-alone = Needs { $needed } on the disk

run-disk-short = Checkpoints and the result need about { $needed } on the disk and { $free } are free. Without more space the run will have to wait for you

run-ends-hidden = { $count ->
    [one] 1 answer has no token that ends it: the model's chat template writes none there, so the model does not learn to stop after it
   *[other] { $count } answers have no token that ends them: the model's chat template writes none there, so the model does not learn to stop after them
}

run-few-rows = { $rows ->
    [one] Only 1 row to learn from. 50 or more are a good start
   *[other] Only { $rows } rows to learn from. 50 or more are a good start
}

run-few-steps = { $steps ->
    [one] Only 1 step: the model will hardly change. Raise the epochs, or lower batch size × gradient accumulation
   *[other] Only { $steps } steps: the model will hardly change. Raise the epochs, or lower batch size × gradient accumulation
}

run-file-at = { $path }: { $problem }

run-file-base-model-wrong = base_model must be the id of a model or a folder

run-file-changed = its contents have changed since it was written

run-file-columns-wrong = columns must be a group of part: column

run-file-damaged = { $path } is damaged: { $why }

run-file-damaged-hint = Bring it back from a backup, or train again. If you changed it yourself, delete { $list } to use it as it is

run-file-dataset-wrong = dataset must be the id or the name of a dataset

run-file-fix-hint = Correct the run file and try again

run-file-format-unknown = format must be one of { $words }, not { $format }

run-file-gone = it is not there any more

run-file-is-folder = { $path } is a folder, not a run file

run-file-is-folder-hint = Name the YAML file in it

run-file-key-for-files = { $key } is for files, and data names a dataset, which has its own

run-file-key-missing = The run file has no { $key }

run-file-key-twice = the key “{ $key }” stands there a second time; keep one of them

run-file-key-unknown = there is no key “{ $key }”

run-file-key-unknown-in = there is no key “{ $key }” in { $section }

run-file-known-keys-hint = Known keys: { $keys }

run-file-known-keys-in-hint = Known keys in { $section }: { $keys }

run-file-line = Line { $line }: { $problem }

run-file-near-hint = Did you mean “{ $near }”?

run-file-no-data = data has no path and no dataset

run-file-no-group = { $name } must be a group of keys, each on a line of its own

run-file-no-keys = A run file is a list of keys: base_model, data, training

run-file-no-text = { $path } is not text in UTF-8

run-file-no-text-hint = Save the run file as UTF-8 in an editor

run-file-no-yaml = this is not YAML: { $error }

run-file-none-hint = Name a run file: YAML with base_model and data

run-file-of = A file of the fine-tune “{ $name }” is not what it was: { $why }

run-file-other-length = { $found ->
    [one] it has 1 byte, and { $written } were written
   *[other] it has { $found } bytes, and { $written } were written
}

run-file-other-name-hint = It is called “{ $name }” here: { $help }

run-file-part-unknown = columns: a row has no part “{ $part }”; its parts are { $parts }

run-file-path-empty = path must not be empty

run-file-path-wrong = path must be a file or a list of files

run-file-preset-unknown = preset must be one of { $words }, not { $preset }

run-file-problem = Run file: { $problem }

run-file-settings-hint = Change the run file

run-file-share-wrong = validation must be at least 0 and below 1, not { $share }

run-file-too-deep = this is too large or too deeply nested for a run file

run-file-too-long = a run file has at most { $limit_mb } MB

run-file-two-documents = a run file is one document: there is a second one after ---

run-file-validation-none = validation has no word { $word }; 0 is the share that holds no row out

run-file-validation-wrong = validation must be auto, a share such as 0.1, or a file

run-file-version-alone = version is one of a dataset, and data names no dataset

run-file-version-wrong = version must be a whole number from 1 on, not { $version }

run-finished = “{ $name }” is finished; start a new run to train again

run-folder-gone = The fine-tune “{ $name }” is gone: there is no folder { $path } any more

run-folder-gone-hint = Bring the folder back from a backup, or train it again

run-folder-occupied = { $path } holds a run already

run-folder-occupied-hint = Go on with it with --resume, or choose another folder

run-folder-of-others = { $path } holds files that a run would write over

run-folder-of-others-hint = Choose another folder

run-folder-other = The run in { $path } was started with something else: { $differences }

run-folder-other-hint = Resume with what it was started with, or choose another folder

run-goes-already = “{ $name }” is running already

run-idle-continued = the adapter that the run continues from has its own

run-idle-held-out = no rows are held out

run-idle-method = the method { $method } trains the weights themselves

run-idle-settings = Without effect: { $names }, because { $why }

run-idle-text = of plain text every token is learned

run-left = The run was left

run-manifest-made-anew = run.json was damaged and is written anew from the run file; the damaged one is called { $aside } now: { $why }

run-missing = There is no run “{ $id }”

run-model-changed = The base model in { $folder } is not the one that “{ $name }” was started with

run-model-changed-hint = Bring back the old files and the chat template that was chosen, or start a new run

run-names-hidden = { $count ->
    [one] The model does not see the name of the speaker in 1 message: its chat template does not show it
   *[other] The model does not see the name of the speaker in { $count } messages: its chat template does not show it
}

run-no-chat-template = { $model } has no chat template. A plain one is used; another can be chosen beside the model under Models, or with `tunesmith models template`

run-not-running = “{ $name }” is not running

run-not-shown = The fine-tune “{ $name }” is not shown: { $why }

run-not-shown-hint = Bring run.json back from a backup. What was trained lies in { $path }

run-nothing-held-out = No rows are held out, so there is no validation loss, and the last step is kept

run-only-texts = All rows are plain texts, and a chat asks in the form of the chat template, which no row has: there the model may answer otherwise than it has learned

run-panicked = The training stopped unexpectedly: { $reason }

run-panicked-hint = Resume the run from its newest checkpoint; if it happens again, report it with the log

run-panicked-silently = no reason given

run-place-line = line { $line } of { $file }

run-place-row = row { $row }

run-place-this-row = this row

run-questions-cut = { $count ->
    [one] The model sees only a part of 1 user message: its chat template does not show the rest
   *[other] The model sees only a part of { $count } user messages: its chat template does not show the rest
}

run-questions-hidden = { $count ->
    [one] The model does not see 1 user message: its chat template does not show it
   *[other] The model does not see { $count } user messages: its chat template does not show them
}

run-reasoning-cut = { $count ->
    [one] Only a part of the reasoning of 1 answer is used: the model's chat template does not show the rest
   *[other] Only a part of the reasoning of { $count } answers is used: the model's chat template does not show the rest
}

run-reasoning-hidden = { $count ->
    [one] The reasoning of 1 answer is left out: the model's chat template does not show it
   *[other] The reasoning of { $count } answers is left out: the model's chat template does not show it
}

run-records-damaged = { $lines ->
    [one] A line of the records of “{ $name }” cannot be read: its charts and numbers do without it
   *[other] { $lines } lines of the records of “{ $name }” cannot be read: its charts and numbers do without them
}

run-records-damaged-hint = What was trained is as it was. Bring { $path } back from a backup, if there is one

run-records-disk-full = The disk is full, so what happens in this run cannot be recorded

run-records-unreadable = The records of “{ $name }” cannot be read: { $why }

run-records-without-end = its last line is longer than any record

run-results-cut = { $count ->
    [one] The model sees only a part of 1 tool result: its chat template does not show the rest
   *[other] The model sees only a part of { $count } tool results: its chat template does not show the rest
}

run-results-hidden = { $count ->
    [one] The model does not see 1 tool result: its chat template does not show it
   *[other] The model does not see { $count } tool results: its chat template does not show them
}

run-resume-hint = Resume it to go on

run-row-in-line = line { $line } of { $file }: { $why }

run-row-numbered = row { $row }: { $why }

run-rows-cut = { $long ->
    [one] 1 of { $all } rows is longer than { $limit } tokens and loses its end
   *[other] { $long } of { $all } rows are longer than { $limit } tokens and lose their end
}

run-rows-cut-to-nothing = { $long ->
    [one] 1 of { $all } rows is left out: cut at { $limit } tokens, it keeps no token to learn
   *[other] { $long } of { $all } rows are left out: cut at { $limit } tokens, they keep no token to learn
}

run-rows-judged-bad = { $rows ->
    [one] 1 of { $all } rows is an answer judged bad and is left out
   *[other] { $rows } of { $all } rows are answers judged bad and are left out
}

run-rows-left-out = { $long ->
    [one] 1 of { $all } rows is longer than { $limit } tokens and is left out
   *[other] { $long } of { $all } rows are longer than { $limit } tokens and are left out
}

run-rows-on-both-sides = { $rows ->
    [one] 1 of { $all } held-out rows is also learned, so the validation loss says too little about new rows
   *[other] { $rows } of { $all } held-out rows are also learned, so the validation loss says too little about new rows
}

run-rows-refused = { $rows ->
    [one] 1 row is left out, { $first }
   *[other] { $rows } rows are left out; the first, { $first }
}

run-rows-unlearnable = { $rows ->
    [one] 1 row has no token to learn and is left out
   *[other] { $rows } rows have no token to learn and are left out
}

run-setting-differs = { $name } was { $before } and is { $now } now

run-settings-hint = Change the settings

run-settings-unusable = Some settings cannot be used

run-some-rows-measured = Validation is measured on { $rows } of { $all } held-out rows, so that it takes about a tenth of the time. To measure all of them, set how often to evaluate

run-stopped-early = The run was stopped before its first step

run-system-cut = { $count ->
    [one] The model sees only a part of 1 system message: its chat template does not show the rest
   *[other] The model sees only a part of { $count } system messages: its chat template does not show the rest
}

run-system-hidden = { $count ->
    [one] The model does not see 1 system message: its chat template does not show it
   *[other] The model does not see { $count } system messages: its chat template does not show them
}

run-systems-differ = Most rows have a system message, but not the same one, so a chat sends none: write the one that fits into the chat's system prompt

run-takes = Takes { $about } ({ $parts })

run-takes-alone = Takes { $about } when no other run is at work ({ $parts })

run-time-about = about { $time }

run-time-at-most = at most { $time }

run-time-evaluation = Validation

run-time-files = Loading and saving

run-time-part = { $what } { $about }

run-time-training = Training

run-tokens-doubled = { $doubled ->
    [one] 1 text brings a begin or end token that the tokenizer adds by itself; it is learned once
   *[other] { $doubled } begin or end tokens in the texts are added by the tokenizer as well; each is learned once
}

run-tokens-lost = { $damage }. They cannot be made anew: { $why }

run-tokens-lost-hint = Bring the folder tokens of the run back from a backup, or start a new run

run-tokens-made-anew = The tokens of “{ $name }” were damaged and are made anew: { $why }

run-tokens-made-anew-hint = The run goes on with the same rows as before

run-too-big = This run needs about { $needed } of memory and { $free } are free. Lower the batch size or the max length, or take a smaller base model

run-tools-cut = { $count ->
    [one] The model sees only a part of the tools of 1 row: its chat template does not show all of their descriptions and parameters
   *[other] The model sees only a part of the tools of { $count } rows: its chat template does not show all of their descriptions and parameters
}

run-tools-hidden = { $count ->
    [one] The model does not see the tools of 1 row: its chat template does not show them
   *[other] The model does not see the tools of { $count } rows: its chat template does not show them
}

run-tools-in-all-rows = All rows offer tools, and the chat offers none: there the model may answer otherwise than it has learned

run-trained-elsewhere = { $path } is being trained by another process

run-trained-elsewhere-hint = Stop it there first

run-waits-already = “{ $name }” is queued already

run-worse-answers = { $rows ->
    [one] 1 row has two answers: only the better one (chosen) is learned, the worse one (rejected) is not used
   *[other] { $rows } rows have two answers: only the better one (chosen) is learned, the worse one (rejected) is not used
}

server-blocks = Cannot listen without blocking

server-no-port = Cannot listen on port { $port }: { $error }

server-no-random-numbers = This system gives no random numbers: { $error }

server-port-reserved = Port { $port } is reserved for the system

server-port-reserved-hint = Choose one above 1023, e.g. --port 7860

server-port-taken = Port { $port } is taken by another program, perhaps by another Tunesmith

server-port-taken-hint = Choose another one, e.g. { $option }

setting-batch_size = Batch size

setting-batch_size-help = Rows computed at once. More is faster and needs more memory

setting-bias = Bias

setting-bias-help = The model's own biases that are trained beside the adapter: none, all, or those of modules with an adapter (lora_only). Most families have none

setting-device = Device

setting-device-help = Where to train; auto takes the fastest device that works

setting-early_stopping_patience = Early stopping patience

setting-early_stopping_patience-help = Stop when validation loss has not improved for this many evaluations; empty never stops early

setting-epochs = Epochs

setting-epochs-help = How often the whole dataset is seen. More learns more, until validation loss turns up

setting-eval_every = Evaluate every

setting-eval_every-help = Steps between measurements on the validation rows; auto measures about ten times, for about a tenth of the run

setting-gradient_accumulation = Gradient accumulation

setting-gradient_accumulation-help = Batches gathered before each step; the effective batch is batch size × this

setting-gradient_checkpointing = Gradient checkpointing

setting-gradient_checkpointing-help = Compute each layer twice to keep less of it in memory; auto does so only where it would not fit otherwise

setting-init_adapter = Continue from

setting-init_adapter-help = The folder of an adapter in PEFT's format to continue from. Its rank, alpha, modules, layers and kind, and what it trains beside, take the place of the run's; dropout stays the run's

setting-layers = Layers

setting-layers-help = The layers that are tuned: all, last-8, 4..11 (from 0, both included), or a list. With method full, only their weights are; embedding, last norm and head stay frozen

setting-learn_from = Learn from

setting-learn_from-help = Which tokens are learned: every answer, only the last answer, or everything

setting-learning_rate = Learning rate

setting-learning_rate-help = How big each step is. Too high makes the loss jump, too low learns little

setting-lora_alpha = Alpha

setting-lora_alpha-help = How strongly the adapter counts; it is scaled by alpha / rank

setting-lora_dropout = Dropout

setting-lora_dropout-help = The share of its inputs that the adapter does not see at each step. A little (0.05) helps against learning by heart

setting-lora_plus_ratio = LoRA+ ratio

setting-lora_plus_ratio-help = How many times faster the adapter's B matrices learn than its A matrices (LoRA+); 1 switches it off, 16 is its authors' choice

setting-lora_rank = Rank

setting-lora_rank-help = The size of the adapter. Higher can hold more and needs more memory

setting-max_grad_norm = Max gradient norm

setting-max_grad_norm-help = Gradients longer than this are scaled down to it; 0 switches clipping off

setting-max_length = Max length

setting-max_length-help = The longest row, in tokens. Longer rows are handled as “Too long” says

setting-max_steps = Max steps

setting-max_steps-help = Stop after this many steps, whatever the epochs say; empty for no limit

setting-method = Method

setting-method-help = What is trained: a small adapter beside the frozen model (lora), one with a magnitude per output (dora: a little better at small ranks, and slower), every weight (full), or a new model from its config (scratch)

setting-modules_to_save = Modules to save

setting-modules_to_save-help = Modules that are trained whole beside the adapter and saved with it, such as embed_tokens and lm_head for new tokens. They take far more memory than an adapter of theirs

setting-neftune_alpha = NEFTune alpha

setting-neftune_alpha-help = Noise on what the model reads while it learns (NEFTune); 5 is usual for short answers. Empty for none

setting-optimizer = Optimizer

setting-optimizer-help = How the update is computed from the gradient. adamw8bit needs a quarter of the memory of adamw for it, lion half; lion wants a learning rate 3 to 10 times smaller

setting-precision = Precision

setting-precision-help = The number format of the computation. bf16 holds the frozen base model in 16 bits, half the memory, and rounds its products; the adapter stays in 32 bits. auto takes f32

setting-quantization = Quantization

setting-quantization-help = Hold the frozen base model in blocks of 8 or 4 bits a number (QLoRA): a quarter or a seventh of the memory, somewhat slower, a little less exact

setting-save_every = Save every

setting-save_every-help = Steps between checkpoints; auto saves with each evaluation and at least every ten minutes

setting-scheduler = Scheduler

setting-scheduler-help = How the learning rate falls over the run

setting-seed = Seed

setting-seed-help = Same seed, same settings, same data: the same result

setting-target_modules = Target modules

setting-target_modules-help = The projections that get an adapter: all-linear, or a list such as q_proj, v_proj. embed_tokens and lm_head can be listed too; where a model uses one table for both, each gets an adapter of its own and the other stays as it was, as with PEFT

setting-task = Task

setting-task-help = What a row is: a conversation or instruction to answer (sft), or plain text to continue (text)

setting-too_long = Too long

setting-too_long-help = What happens to a row longer than the limit: cut its end, leave it out, or refuse to start

setting-trainable_token_indices = Trainable tokens

setting-trainable_token_indices-help = Tokens whose vectors are trained beside the adapter, by their ids: a cheap way to teach the model a few new ones

setting-use_pissa = PiSSA start

setting-use_pissa-help = Begin with the most important part of each weight instead of nothing, which learns faster at first. Saved as an adapter of twice the rank, which fits the original model

setting-use_rslora = rsLoRA

setting-use_rslora-help = Scale the adapter by alpha / √rank, so that a high rank learns as fast as a low one

setting-warmup_ratio = Warm-up

setting-warmup_ratio-help = The share of the steps in which the learning rate first rises. Every step learns: of ten such steps the first takes a tenth of the rate, the last all of it

setting-weight_decay = Weight decay

setting-weight_decay-help = Pulls weights towards zero at each step

setting-wrong = { $label } must be { $expected }, not { $value }

shape-chat = Conversations: a list of messages in { $columns }

shape-chosen-absent = { $shape }. No row looked at has the chosen { $absent }: the columns are { $columns }

shape-classification = Texts and their classes: the columns { $columns }

shape-columns-unused = { $shape }; not used: { $columns }

shape-completion = Prompts and answers: the columns { $columns }

shape-expected = expected “messages”, or “instruction” and “output”, or “prompt” and “completion”, or “text”

shape-expected-chat = expected “messages”

shape-expected-classification = expected “text” and “label”

shape-expected-completion = expected “prompt” and “completion”

shape-expected-instruction = expected “instruction” and “output”

shape-expected-preference = expected “chosen” and “rejected”

shape-expected-text = expected “text”

shape-expected-unpaired = expected “prompt”, “completion” and “label” (true or false)

shape-in-rows = { $shape } in { $count } of the first { $rows } rows

shape-instruction = Instructions and answers: the columns { $columns }

shape-no-row = No row could be read

shape-parts-aside = { $shape }. Such rows have no part { $aside }, so what was chosen for it is not used: their parts are { $parts }

shape-preference = Better and worse answers: the columns { $columns }

shape-preference-alike = Better and worse answers, which begin alike: the columns { $columns }

shape-text = Plain text in { $columns }

shape-unknown = No known shape: the columns are { $columns }; { $expected }

shape-unpaired = Answers judged good or bad: the columns { $columns }

shape-with-system = { $shape }, with the system prompt in “{ $column }”

shape-with-tools = { $shape }, with the tools in “{ $column }”

shell-answers-cut = { $answers ->
    [one] 1 answer is cut
   *[other] { $answers } answers are cut
}

shell-base-model = Base model

shell-base-model-missing = base_model: “{ $name }” is neither a model in this home nor a folder

shell-base-model-missing-hint = `tunesmith models list` shows what there is

shell-broke-off = this ended unexpectedly

shell-characters-per-answer = characters per answer

shell-chat-context-full = (the context is full; /clear starts afresh)

shell-chat-cut = (cut at the longest answer; --max-new-tokens raises it)

shell-chat-help = Type a message and press Enter. /clear starts afresh, /exit leaves, Ctrl-C stops an answer

shell-chat-prompt-empty = --prompt is empty: there is nothing to answer

shell-chat-prompt-empty-hint = Write a question, or leave --prompt out and type questions line by line

shell-chat-unread = { $messages ->
    [one] (the first message no longer fits and is not read)
   *[other] (the first { $messages } messages no longer fit and are not read)
}

shell-column-unclear = write it as PART=COLUMN, such as prompt=question

shell-data-all-repairs = All repairs together would { $removed } and { $changed }: tunesmith data repair FILE --output NEW-FILE

shell-data-dropped = { $rows } dropped: { $why }

shell-data-finding = { $severity }, { $kind }: { $sentence }. { $advice }

shell-data-finding-repairable = { $severity }, { $kind }: { $sentence }. { $advice } (one click in the app mends it)

shell-data-format = Format: { $format } ({ $reason })

shell-data-judged-bad = { $rows ->
    [one] 1 row is an answer judged bad, of which nothing is learned
   *[other] { $rows } rows are answers judged bad, of which nothing is learned
}

shell-data-lengths = Row length: median { $median }, 95 % within { $most }, longest { $longest }

shell-data-more-problems = … and { $more } more; --json lists all

shell-data-nothing-found = The doctor found nothing

shell-data-rows = Rows: { $rows_read } read, { $rows_kept } kept, { $rows_dropped } dropped

shell-data-split = Split: { $training_rows } to learn from, { $validation_rows } held out

shell-data-tokens = Tokens: { $tokens } in all, { $learned } learned

shell-data-too-long = { $rows ->
    [one] Longer than { $limit } tokens: 1 row; { $answers }
   *[other] Longer than { $limit } tokens: { $rows } rows; { $answers }
}

shell-data-unsayable = { $rows ->
    [one] 1 row has no tokens and is left out, { $first }
   *[other] { $rows } rows have no tokens and are left out; the first, { $first }
}

shell-demo-base = before

shell-demo-busy = Another demo is running in this folder

shell-demo-busy-hint = Choose another

shell-demo-done = Done in { $time }

shell-demo-endless = { $endless ->
    [one] { $sample } with { $preset }: 1 answer does not end
   *[other] { $sample } with { $preset }: { $endless } answers do not end
}

shell-demo-exact = Exactly right

shell-demo-f1 = Token F1

shell-demo-in-the-way = { $path } is there already and is something else

shell-demo-in-the-way-hint = Name an empty folder

shell-demo-no-preset = There is no preset “{ $id }”

shell-demo-no-preset-hint = There are sample, quick, balanced and thorough

shell-demo-no-sample = There is no sample “{ $id }”

shell-demo-no-sample-hint = There are { $known }

shell-demo-not-convincing = Not every sample convinces: { $listed }

shell-demo-not-kept = Nothing is kept; --output DIR keeps the run

shell-demo-not-learned = { $sample } with { $preset }: too few held-out rows are right

shell-demo-preset = Preset

shell-demo-sample = Sample

shell-demo-slow = { $sample } with { $preset }: training took { $time }

shell-demo-time = Training time

shell-demo-trained = Weights trained

shell-demo-tuning = Tuning { $model } on the sample “{ $title }”

shell-device = { $id }: { $name }, { $free } of { $all } memory free

shell-device-used = in use: { $device }. { $reason }

shell-devices = Devices

shell-disk = Disk

shell-disk-free = { $free } free

shell-disk-little = { $free } free (little: free some before training)

shell-error = error: { $message }

shell-eval-answer = answer:

shell-eval-expected = expected:

shell-eval-loss = Loss: { $loss } nats a token

shell-eval-measured = { $rows ->
    [one] Measured on { $tokens } learned tokens in 1 row
   *[other] Measured on { $tokens } learned tokens in { $rows } rows
}

shell-eval-perplexity = Perplexity: { $perplexity }

shell-eval-question = question:

shell-eval-rows-not-asked = { $rows ->
    [one] 1 of { $all } rows is not asked: it is plain text, begins with its answer, or expects a tool call that this model's chat template does not show
   *[other] { $rows } of { $all } rows are not asked: they are plain text, begin with their answer, or expect a tool call that this model's chat template does not show
}

shell-eval-rows-refused = { $rows ->
    [one] 1 of { $all } rows is left out: { $first }
   *[other] { $rows } of { $all } rows are left out; the first: { $first }
}

shell-expected = Expected

shell-file-exists = { $path } exists already

shell-file-exists-hint = Name another file, or move that one away

shell-file-unwritten = { $path } cannot be written: { $reason }

shell-from-cache = Hugging Face cache

shell-from-folder = folder

shell-from-training = trained here

shell-heading-data = DATA

shell-heading-family = FAMILY

shell-heading-from = FROM

shell-heading-id = ID

shell-heading-least = least

shell-heading-loss = LOSS

shell-heading-mean = mean

shell-heading-median = median

shell-heading-model = MODEL

shell-heading-most = most

shell-heading-name = NAME

shell-heading-size = SIZE

shell-heading-state = STATE

shell-heading-steps = STEPS

shell-heading-weights = WEIGHTS

shell-home = Home

shell-home-empty = TUNESMITH_HOME is set and empty

shell-home-empty-hint = Set it to a folder, or unset it for the usual one

shell-libraries = Libraries

shell-library = { $name } ({ $what }): { $place }

shell-library-cuda = the driver of NVIDIA GPUs

shell-library-missing = not found

shell-library-window = the window; without it `tunesmith studio` opens in a browser

shell-loading = Loading the model

shell-max-new-tokens-wrong = --max-new-tokens must be at least 1

shell-messages-per-row = messages per row

shell-model-added = Added { $name } as { $id }

shell-model-remark = { $id }: { $remark }

shell-model-removed = Removed { $id }

shell-model-template = { $id }: chat template chosen by you: { $template }

shell-model-unnamed = Name a model with --model, or a run with --run

shell-model-unusable = cannot be used: { $problem }

shell-models-none = No base models yet: add one with `tunesmith models add FOLDER`

shell-no-stdout = error: results cannot be printed: { $error }

shell-nothing-to-repair = There was nothing to repair

shell-notice-delete-model = Delete it with `tunesmith models remove { $id }`

shell-notice-delete-run = Delete it with `tunesmith runs remove { $id }`

shell-notices = Notices, until `tunesmith doctor --seen`

shell-notices-there = There is something to know about this home: see `tunesmith doctor`

shell-part-twice = --column: “{ $part }” is given twice

shell-part-twice-hint = Name one column for each part of a row

shell-part-unknown = --column: a row has no part “{ $part }”

shell-part-unknown-hint = Its parts are { $parts }

shell-path-unclear = { $path }: { $error }

shell-path-unclear-hint = Check the path

shell-plan-adapter = an adapter of { $weights } weights

shell-plan-cut = { $rows ->
    [one] 1 row is longer than { $limit } tokens and loses its end
   *[other] { $rows } rows are longer than { $limit } tokens and lose their end
}

shell-plan-cut-to-nothing = { $rows ->
    [one] 1 row is left out: cut at { $limit } tokens, it keeps no token to learn
   *[other] { $rows } rows are left out: cut at { $limit } tokens, they keep no token to learn
}

shell-plan-full = all { $weights } weights

shell-plan-layers = { $weights } weights of some layers

shell-plan-left-out = { $rows ->
    [one] 1 row is longer than { $limit } tokens and is left out
   *[other] { $rows } rows are longer than { $limit } tokens and are left out
}

shell-plan-scratch = a new model of { $weights } weights

shell-plan-steps = { $steps ->
    [one] 1 step of { $rows }; needs about { $needed } of { $free } free memory
   *[other] { $steps } steps of { $rows }; needs about { $needed } of { $free } free memory
}

shell-plan-training = { $rows ->
    [one] Training { $trained } on { $device }: 1 row, { $held_out } held out, { $tokens } learned tokens an epoch
   *[other] Training { $trained } on { $device }: { $rows } rows, { $held_out } held out, { $tokens } learned tokens an epoch
}

shell-queue-empty = No run is training or queued

shell-repaired-written = { $rows ->
    [one] Wrote { $path } with 1 row
   *[other] Wrote { $path } with { $rows } rows
}

shell-repetition-penalty-wrong = --repetition-penalty must be from 1 to 2

shell-result = Result: { $path }

shell-result-none = none yet

shell-rows = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}

shell-rows-changed = { $rows ->
    [one] change 1 row
   *[other] change { $rows } rows
}

shell-rows-removed = { $rows ->
    [one] remove 1 row
   *[other] remove { $rows } rows
}

shell-rows-unusable = No row can be used

shell-rows-unusable-hint = Say which column is which part of a row with --column PART=COLUMN, or name the shape with --format

shell-run-ambiguous = Several runs begin with “{ $id }”

shell-run-ambiguous-hint = Give more of the id

shell-run-dataset = Dataset

shell-run-folder = Folder

shell-run-held = { $id } waits until it is released

shell-run-id = Run { $id }

shell-run-loss-no-better = { $losses }, no better than the model that it began with

shell-run-lost = The process that trains this run has gone

shell-run-lost-hint = Go on from its newest checkpoint: tunesmith runs resume { $id }

shell-run-missing-hint = `tunesmith runs list` shows what there is

shell-run-name = Name

shell-run-queued = { $runs ->
    [one] { $id } is queued behind 1 run
   *[other] { $id } is queued behind { $runs } runs
}

shell-run-queued-already = “{ $name }” is queued already

shell-run-queued-left = If the program that trains now leaves before that, the run waits for the window, for `tunesmith studio`, or for `tunesmith runs resume { $id }`

shell-run-released = { $id } starts when it is its turn

shell-run-removed = Removed { $id }; the window can bring it back until the bin is emptied

shell-run-result = Result

shell-run-resuming = Resuming { $id }

shell-run-running-already = “{ $name }” is running already

shell-run-size = Size

shell-run-started = Started { $id }

shell-run-state = State

shell-run-state-no-better = { $state }, no better than before

shell-run-steps = Steps

shell-run-stopped-early = The run was stopped before its first step

shell-run-stopped-early-hint = Start it again: tunesmith runs resume { $id }

shell-run-stops = { $id } stops at its next step and keeps the result

shell-run-tags = Tags

shell-run-taken-over = The run is trained here now: the program before it has left

shell-run-time = Time

shell-run-trained-here = No other Tunesmith is open, so the run is trained here

shell-run-training-loss = Training loss

shell-run-validation-loss = Validation loss

shell-run-waits = It starts when the runs before it are done ({ $before }); Ctrl-C takes it out of the queue

shell-run-without-result = The run { $id } has no result yet

shell-run-without-result-hint = Wait for its first checkpoint, or resume it

shell-runs-none = No runs yet: start one with `tunesmith train CONFIG.yaml`

shell-set-empty = { $key } must not be empty

shell-set-other-name = --set: there is no key “{ $key }”; it is called { $name } here

shell-set-twice = --set: { $key } is given twice

shell-set-twice-hint = Keep one of them

shell-set-unclear = --set takes key=value, not “{ $pair }”

shell-set-unknown = --set: there is no key “{ $key }”

shell-set-unknown-hint = `tunesmith train --help` lists all

shell-set-unknown-near = --set: there is no key “{ $key }”; did you mean { $name }?

shell-set-with-dataset = --set: { $key } does not go with this run file, which names a dataset, which has its own

shell-set-without-dataset = --set: { $key } does not go with this run file, which names no dataset

shell-set-wrong = --set: { $problem }

shell-severity-error = error

shell-severity-note = note

shell-severity-warning = warning

shell-show-better = Validation loss { $from } → { $to }: step { $step } is kept

shell-show-done = { $steps ->
    [one] Done after 1 step
   *[other] Done after { $steps } steps
}

shell-show-eval = step { $step }/{ $steps }: validation loss { $loss }

shell-show-going-on = Going on after step { $step }

shell-show-in-step = step { $step }: { $done } of { $total } rows

shell-show-loss = loss { $loss }

shell-show-measuring = measuring: { $done } of { $total } rows

shell-show-measuring-before = measuring before training: { $done } of { $total } rows

shell-show-no-better = Validation loss { $from } → { $to }: step { $step } is kept, no better than the model it began with. Try a lower rate, fewer epochs or more rows

shell-show-paused = Paused: { $reason }

shell-show-paused-hint = Free some space: it goes on by itself, or press Ctrl-C to stop

shell-show-risen = Training loss { $from } → { $to }: the model is worse than the one it began with. Try a lower learning rate

shell-show-speed = { $tokens } tokens/s

shell-show-speed-left = { $tokens } tokens/s, { $time } left

shell-show-step = step { $step }/{ $steps }: { $loss }, { $speed }

shell-show-stopped = Stopped after step { $step }; checkpoint: { $checkpoint }

shell-show-stopping-hint = Free some space: what was learned is saved then and the run stops

shell-show-validation = validation { $loss }

shell-state-done = done

shell-state-failed = failed: { $message }

shell-state-held = held

shell-state-interrupted = interrupted

shell-state-paused = paused: { $reason }

shell-state-preparing = preparing

shell-state-queued = queued

shell-state-running = running

shell-state-stopped = stopped

shell-state-waits-to-stop = waits for room to stop: { $reason }

shell-stopping = Stopping

shell-studio-keys = Enter prints a new link, Ctrl-C ends the studio

shell-studio-no-models = --models: { $missing } is not a folder

shell-studio-ready = Tunesmith is ready. Open this link in a browser; it works once, within ten minutes:

shell-studio-remote = From another computer: ssh -L { $port }:127.0.0.1:{ $port } THIS-COMPUTER, then open the link there

shell-studio-stopping = Stopping the run after this step and saving; press Ctrl-C again to leave at once

shell-talk-to-it = Talk to it: { $command }

shell-temperature-wrong = --temperature must be 0 or more

shell-template-chosen = The chat template of { $name } is now: { $template }

shell-template-none = No chat template is chosen for { $name } any more

shell-template-offered = Choose another with `tunesmith models template { $id } NAME`, or your own with `--file FILE`:

shell-template-own = { $id } brings its own chat template

shell-template-standard = { $id } has no chat template. In its place: { $template }

shell-template-unreadable = { $file }: { $error }

shell-template-used = { $id } has the chat template that you chose: { $template }

shell-template-warning = { $name }: { $warning }

shell-template-written = Wrote { $path }: fill in rows of your own, then import it

shell-template-yours = { $id } has a chat template of your own

shell-top-p-wrong = --top-p must be above 0 and at most 1

shell-train-stopping = Stopping after this step and saving; press Ctrl-C again to leave at once

shell-tuned-model = Tuned model

shell-usage = { $what }: { $size }

shell-version = { $cores ->
    [one] Tunesmith { $version }, 1 core
   *[other] Tunesmith { $version }, { $cores } cores
}

shell-whole-model-hint = Leave out --model, or leave out --run

shell-words-per-answer = words per answer

split-by-file = The validation rows come from the file { $file }; no rows are held out from the training file

split-share-wrong = { $share } is not a share of the rows to hold out: it must be at least 0 and below 1

system-address-space = Tunesmith needs at least { $needed } of address space, and this shell allows { $allowed }

system-address-space-hint = Raise the limit: ulimit -v unlimited, and ulimit -d unlimited

system-few-files = This process may have only { $most } files open, and Tunesmith needs { $least }

system-few-files-hint = Raise the limit before starting it: ulimit -n 1024

template-joins-nothing = it joins text with a value that is not text; templates without tool calls do this where a message holds only calls

template-mistake = { $mistake } (line { $line } of the template)

template-no-default = none of its templates is called default

template-no-shape = Without a shape there is no template

template-no-shape-hint = Name the shape of the rows

template-not-utf8 = it is not UTF-8 text

template-percent = it writes values into a text with “%”, which Tunesmith does not do; “~” and the filter “format” do the same

template-strftime = strftime_now: %{ $letter } is not supported

template-tojson-deep = tojson: the value is nested too deeply

template-tojson-indent = tojson: indent is not a width

template-tojson-value = tojson: a value cannot be written as JSON

template-too-much-work = it does far more work than a conversation of this size needs

time-days = { $days ->
    [one] 1 day
   *[other] { $days } days
}

time-few-seconds = a few seconds

time-half-hours = { $hours }½ hours

time-half-minutes = { $minutes }½ minutes

time-hours = { $hours ->
    [one] 1 hour
   *[other] { $hours } hours
}

time-minutes = { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}

time-seconds = { $seconds ->
    [one] 1 second
   *[other] { $seconds } seconds
}

tokens-file-changed = its checksum does not match: it was cut or changed

tokens-file-cut = it ends too early

tokens-file-damaged = { $path } does not hold the tokens of a run: { $reason }

tokens-file-failed = { $path }: { $reason }

tokens-file-goes-on = it goes on after its last row

tokens-file-other = it begins differently

tokens-file-other-version = it was written by another version

topic-not-followed = The topic cannot be followed

topic-request-wrong = This cannot be followed: { $error }

topic-stream-closed = This event stream was closed

topic-streams-too-many = The studio is open in { $most } pages already, the most that it serves

topic-streams-too-many-hint = Close some of them, then reload this one

topic-too-many = This page follows { $most } things already, the most that it can

topic-too-many-hint = Reload the page

train-adapter-empty = every B matrix of the adapter is still 0, so the model answers as before

train-base-changed = the base model is not the same

train-beside-method = { $setting } is for what is trained beside an adapter, and method { $method } trains none

train-bf16-of-weights = In bf16 small steps of a weight would be lost: choose method lora or dora, or f32

train-bf16-quantized = Quantization already holds the base model in fewer bits: choose auto or f32

train-bias-missing = This { $family } model has no biases: bias must be none

train-bias-missing-there = None of the target modules of this { $family } model has a bias

train-continue-method = To continue from an adapter needs method lora or dora, not { $method }

train-damaged-hint = Bring the checkpoint back from a backup, or delete its folder: the run goes on from the one before

train-data-changed = the data is not the same

train-device-changed = it computed on { $before }, now on { $now }

train-disk-full = The disk is full: { $folder } cannot be written ({ $reason })

train-disk-full-hint = Free some space and resume the run

train-disk-too-full = The disk is full: a checkpoint in { $folder } needs { $needed }, and { $free } are free

train-diverged = Step { $step }: { $reason }

train-diverged-continue-hint = A resumed run keeps its rate. Start a new one with a lower learning rate: set Continue from (init_adapter) to step { $step }, { $folder }

train-diverged-hint = A resumed run keeps its learning rate. Train again with a lower learning rate, or with a max gradient norm

train-dora-embedding = Method dora cannot tune embed_tokens; choose lora, or leave it out

train-file-changed = its contents have changed

train-file-other-size = { $found ->
    [one] 1 byte, not the { $written } bytes that were written
   *[other] { $found } bytes, not the { $written } bytes that were written
}

train-folder-occupied = { $folder } holds a run already

train-folder-occupied-hint = Resume it, or choose another folder

train-gradient-diverged = the gradient is no longer a number

train-inputs-changed = The run was started with something else: { $changes }

train-inputs-changed-hint = Resume with what it was started with (Settings has the device), or start a new run

train-layers-wrong = Layers { $reason }

train-learned-nothing = { $steps ->
    [one] Nothing was learned in 1 step: { $reason }
   *[other] Nothing was learned in { $steps } steps: { $reason }
}

train-learned-nothing-hint = Check that the base model is whole (weights of zeros learn nothing), that learning rate and max gradient norm are not next to 0, and look at the learned tokens in the preview

train-left = The run was left at once

train-loss-diverged = the loss is no longer a number

train-manifest-empty = it lists no files

train-manifest-no-name = { $name } is not a file name

train-memory-activations = activations

train-memory-adapter = adapter

train-memory-gradients = gradients

train-memory-optimizer = optimizer

train-memory-part = { $what } { $size }

train-memory-weights = weights

train-module-unknown = Target modules must be all-linear or a list of { $known }: a { $family } model has no { $module }

train-module-without-layer = Layers must be all where { $module } is tuned: it belongs to no layer

train-moment-unknown = { $name } is not a moment

train-moments-missing = { $parameter } does not have the moments of { $optimizer }

train-no-adapter = { $folder } has no { $file }

train-no-good-checkpoint = No checkpoint in { $folder } can be used: { $reason }

train-no-good-checkpoint-hint = Start a new run

train-no-gradient = the gradient was 0 at every step

train-no-learned-token = no training row has a token to learn

train-no-number = { $reason }, before anything was learned

train-no-number-hint = The base model, or the adapter that the run continues from, gives results that are not numbers (NaN): its files may be damaged

train-no-rows = there are no training rows

train-not-to-continue = Continue from must be the folder of an adapter for this model: { $reason }

train-nothing-to-learn = There is nothing to learn from: { $reason }

train-nothing-to-learn-hint = Check the data screen: it says why rows were dropped

train-out-of-files = Too many files are open: { $folder } cannot be written ({ $reason }). Close other programs, then go on

train-pissa-bf16 = A PiSSA start changes the base model, and bf16 would round away what it leaves: choose f32

train-pissa-continued = A run begins with PiSSA or with another adapter, not with both

train-pissa-dora = A PiSSA start is not possible with method dora

train-pissa-method = A PiSSA start needs an adapter, and method { $method } trains none

train-pissa-module = A PiSSA start is not possible for { $module }; leave one of the two out

train-pissa-quantized = A PiSSA start changes the base model, which quantization holds as it is

train-quantization-of-weights = Quantization holds a model that stays as it is: choose method lora or dora, or no quantization

train-row-too-long = Max length must be at most { $context }, the model's context: a row has { $tokens } tokens

train-scratch-layers = A new model is trained as a whole: layers must be all

train-setting-changed = { $name } was { $before }, now { $now }

train-steps-too-small = every step was too small to change what the model computes (its learning rate, or its max gradient norm, is next to 0)

train-threads-failed = The threads to compute on could not be started: { $error }

train-token-unknown = the rows have a token { $id }, and the model knows { $vocabulary } tokens only; its tokenizer does not belong to it

train-tokens-twice = The embedding is trained already: leave Trainable tokens empty, or take embed_tokens and lm_head out of the modules

train-tokens-unknown = Token { $id } is not in the model's vocabulary of { $vocabulary } tokens

train-too-big = This needs about { $needed } of memory ({ $parts }), and { $available } are free

train-too-big-hint = Lower the batch size or the max length, choose method lora, or take a smaller base model

train-updates-missing = { $name } is missing

train-validation-diverged = the validation loss is no longer a number

train-whole-all = Every projection is trained whole: choose method full, or leave some out

train-whole-twice = { $module } is trained whole and with an adapter: take it out of Target modules or of Modules to save

train-whole-unknown = A { $family } model has no { $module } to train whole

upload-broke-off = The upload was interrupted

upload-broke-off-hint = Drop the file again

upload-disk-full = The disk has no room for this file

upload-disk-full-hint = Free some space, then drop the file again

upload-not-stored = The upload cannot be stored: { $error }

upload-stalled = Nothing more of the file came for too long

upload-too-large = The file is larger than { $gigabytes } GB, the most that a browser can hand over

upload-too-large-hint = Split it, or copy it to the computer where Tunesmith runs and name it in a run file

upload-without-name = The upload does not say what the file is called

upload-without-name-hint = Give its name in the address: /api/upload?name=rows.jsonl

usage-bin = Bin

usage-chats = Chats and names

usage-datasets = Datasets

usage-logs = Logs

usage-runs = Fine-tunes

usage-starter = Starter model

value-empty = empty

value-list = a list

value-number = a number

value-object = an object

value-text = a text

value-truth = true or false

window-came-forward = Tunesmith is already open: its window has come forward

window-command-broke-off = the command ended unexpectedly: { $error }

window-home-broken-title = Tunesmith cannot open

window-home-held = Another Tunesmith without a window ({ $holder }) is using { $home }.
    
    { $next }

window-home-held-hint = Go on there, or end it: Ctrl-C in its terminal, which saves a run first. Then try again

window-home-held-title = Tunesmith is in use

window-home-was-held = Another Tunesmith without a window was using { $home }.
    
    { $next }

window-no-display = there is no display to open a window on. Run `tunesmith studio` to use Tunesmith in a browser

window-not-opened = the window could not be opened

window-quit = Quit

window-try-again = Try again

"""Records what Python's jinja2, set up as transformers sets it up, makes of chats: templates in a short form of our own that do what those
of known models do, and small ones for single rules.

    apt-get install -y python3-jinja2 && python3 libs/transformer/src/testing/chat_templates.py

writes chat-templates.jsonl beside it: one case a line, with `text`, or with `refused` (raise_exception) or `broken` where there is none.
"""

import json
from datetime import datetime
from pathlib import Path

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime(2026, 7, 4, 9, 5, 3)


class Refused(Exception):
    pass


class GenerationBlock(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_write"), [], [], body).set_lineno(line)

    def _write(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise Refused(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationBlock, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda form: NOW.strftime(form)
    return env


LLAMA3 = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now("%d %b %Y") %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {{- raise_exception("no tools") }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

LLAMA3_SHORT = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + "
    "message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)

QWEN25 = """{%- if tools %}
    {{- '<|im_start|>system\\nTools:' }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}{{- message.content }}{{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

QWEN3 = """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or reasoning_content) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""

GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)

GEMMA3 = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {{ item['text'] | trim }}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
"""

MISTRAL = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{#- This block checks for alternating user/assistant messages -#}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
"""

PHI3 = (
    "{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)

SMOLLM = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

SMOLLM3 = """{# modes #}
{%- set reasoning_mode = "/think" -%}
{%- if messages[0].role == "system" -%}
  {%- set system_message = messages[0].content -%}
  {%- if "/no_think" in system_message -%}
    {%- set reasoning_mode = "/no_think" -%}
  {%- endif -%}
  {%- set custom_instructions = system_message.replace("/no_think", "").replace("/think", "").rstrip() -%}
{%- endif -%}
{{- "<|im_start|>system\\n" -}}
{{- "Knowledge Cutoff Date: June 2025\\n" -}}
{%- set today = strftime_now("%d %B %Y") -%}
{{- "Today Date: " ~ today ~ "\\n" -}}
{{- "Reasoning Mode: " + reasoning_mode + "\\n\\n" -}}
{%- if custom_instructions -%}
  {{- custom_instructions + "\\n\\n" -}}
{%- endif -%}
{{- "<|im_end|>\\n" -}}
{%- for message in messages -%}
    {%- set content = message.content if message.content is string else "" -%}
    {%- if message.role == "user" -%}
        {{ "<|im_start|>" + message.role + "\\n"  + content + "<|im_end|>\\n" }}
    {%- elif message.role == "assistant" -%}
        {% generation %}
        {%- if reasoning_mode == "/think" -%}
            {{ "<|im_start|>assistant\\n" + content.lstrip("\\n") + "<|im_end|>\\n" }}
        {%- else -%}
            {{ "<|im_start|>assistant\\n" + "<think>\\n\\n</think>\\n" + content.lstrip("\\n") + "<|im_end|>\\n" }}
        {%- endif -%}
        {% endgeneration %}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {%- if reasoning_mode == "/think" -%}
        {{ "<|im_start|>assistant\\n" }}
    {%- else -%}
        {{ "<|im_start|>assistant\\n" + "<think>\\n\\n</think>\\n"  }}
    {%- endif -%}
{%- endif -%}
"""

LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
    "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
    "{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)

MODELS = {
    "llama3": LLAMA3,
    "llama3-short": LLAMA3_SHORT,
    "llama2": LLAMA2,
    "qwen2.5": QWEN25,
    "qwen3": QWEN3,
    "gemma": GEMMA,
    "gemma3": GEMMA3,
    "mistral": MISTRAL,
    "phi3": PHI3,
    "smollm": SMOLLM,
    "smollm3": SMOLLM3,
}


def chat(*messages):
    return [{"role": role, "content": content} for role, content in messages]


ONE = chat(("user", "  What is 2+2? \n"))
WITH_SYSTEM = chat(("system", "Be brief. /no_think "), ("user", "Hi"), ("assistant", "\n<think>\n hm \n</think>\n\n Hello! "), ("user", "Größe 🦜 <b>?"))
TWO_TURNS = chat(("user", "Hi"), ("assistant", " Hello "), ("user", "Bye"), ("assistant", "\nSo long\n"))
NOT_ALTERNATING = chat(("user", "Hi"), ("user", "Hi again"))
EMPTY = chat(("user", ""))
CHATS = {
    "one": ONE,
    "system": WITH_SYSTEM,
    "turns": TWO_TURNS,
    "not-alternating": NOT_ALTERNATING,
    "empty": EMPTY,
    "tool": chat(("user", "Hi"), ("tool", "4"), ("tool", "5"), ("assistant", "9")),
}

# Rules of the language that templates lean on, each by itself; the chat is WITH_SYSTEM.
RULES = {
    "trim-blocks": "{% if true %}\nA\n{% endif %}\nB\n",
    "lstrip-blocks": "x\n   {% if true %}\n  A\n \t{% endif %}\nB  {% if true %}C{% endif %}",
    "windows-newlines": "{% if true %}\r\nA\r\n{% endif %}\r\nB\r\n",
    "trailing-newline": "A\n\n",
    "comment": "a\n  {# note #}\nb {#- tight -#} c",
    "generation": "a\n{% generation %}\nb {{ messages[1].content }}\n{% endgeneration %}\nc",
    "generation-tight": "a {%- generation -%} b {%- endgeneration -%} c",
    "loop": "{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.length }}{% if loop.first %}F{% endif %}{% if loop.last %}L{% endif %};{% endfor %}",
    "loop-neighbours": "{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined }}>{{ loop.nextitem.role if not loop.last }};{% endfor %}",
    "loop-else": "{% for m in [] %}x{% else %}none{% endfor %}",
    "loop-if": "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content }};{% endfor %}",
    "loop-scope": "{% for m in messages %}{% if m.role == 'system' %}{% set found = m.content %}{% endif %}[{{ found }}]{% endfor %}[{{ found }}]",
    "loop-outer": "{% set x = 'o' %}{% for m in messages %}{{ x }}{% set x = m.role %}{{ x }};{% endfor %}{{ x }}",
    "loop-undefined": "{% for m in messages[0].tool_calls %}x{% else %}none{% endfor %}",
    "loop-text": "{% for c in 'a🦜b' %}{{ c }},{% endfor %}",
    "loop-items": "{% for key, value in messages[1].items() %}{{ key }}={{ value }};{% endfor %}",
    "loop-keys": "{% for key in messages[1] %}{{ key }};{% endfor %}",
    "continue": "{% for m in messages %}{% if m.role == 'user' %}{% continue %}{% endif %}{{ m.role }};{% endfor %}",
    "break": "{% for m in messages %}{% if m.role == 'assistant' %}{% break %}{% endif %}{{ m.role }};{% endfor %}",
    "namespace": "{% set ns = namespace(n=0, t='') %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% set ns.t = ns.t + m.role[0] %}{% endfor %}{{ ns.n }}{{ ns.t }}",
    "macro": "{% macro turn(role, content='-') %}<{{ role }}|{{ content }}>{% endmacro %}{{ turn('a') }}{{ turn('b', content='c') }}",
    "macro-scope": "{% set g = 'G' %}{% macro f() %}{{ g }}{{ m is defined }}{% endmacro %}{% for m in messages[:2] %}{% set g = 'L' %}{{ f() }}{% endfor %}{% set g = 'H' %}{{ f() }}",
    "macro-caller": "{% macro w(x) %}[{{ x }}{{ caller() }}{{ caller is defined }}]{% endmacro %}{% for m in messages %}{% call w(1) %}{{ m.role }}{% endcall %}{% endfor %}",
    "macro-recursion": "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "characters": "{{ 'a🦜b'[1] }}{{ 'a🦜b'[2] }}{{ 'ab'[-1] }}[{{ 'ab'[5] }}]{{ messages[1].content[0] }}",
    "macro-space": "{%- macro f(x) -%}\n  [{{ x }}]\n{%- endmacro -%}\n{% for m in messages %}{{ f(m.role) }}\n{% endfor %}",
    "tojson": "{{ messages[3] | tojson }}{{ messages | tojson(indent=2) }}{{ {'b': [1, 2.5, none, true], 'a': '<&\\'\">'} | tojson }}",
    "tojson-options": "{{ {'b': 1, 'a': 'ü'} | tojson(ensure_ascii=true, sort_keys=true, separators=(',', ':')) }}{{ [] | tojson(indent=4) }}{{ {} | tojson }}",
    "tojson-undefined": "{{ nothing | tojson }}",
    "strftime": "{{ strftime_now('%Y-%m-%d %H:%M:%S %a %A %b %B %y %j %I %p %% %-d %-m %-H') }}",
    "none": "{{ none }}{{ tools }}{{ 'a' ~ none }}",
    "booleans": "{{ true }}{{ false }}{{ 1 == 1 }}{{ 'x' ~ (2 > 1) }}{{ true | string }}",
    "numbers": "{{ 1 }}{{ 2.5 }}{{ 4 / 2 }}{{ 7 // 2 }}{{ -7 // 2 }}{{ 7 % 3 }}{{ 2 ** 3 }}{{ 1 ~ 2 }}",
    "undefined": "[{{ nothing }}]{% if not nothing %}no{% endif %}{{ nothing is defined }}{{ nothing | default('d') }}{{ messages[0].nothing is none }}",
    "undefined-part": "{{ nothing.part }}",
    "undefined-plus": "{{ nothing + 'x' }}",
    "undefined-length": "{{ nothing | length }}{{ nothing | trim }}|{{ 'x' in nothing }}",
    "out-of-range": "[{{ messages[9] }}]",
    "out-of-range-part": "{{ messages[9].role }}",
    "equality": "{{ 1 == '1' }}{{ 1 == true }}{{ [1, 'a'] == [1, 'a'] }}{{ {'a': 1} == {'a': 1} }}{{ messages[0] == messages[0] }}{{ messages[1] != messages[3] }}{{ none == false }}{{ nothing == none }}",
    "membership": "{{ 'a' in 'cat' }}{{ 'role' in messages[0] }}{{ 'x' not in messages[0] }}{{ 2 in [1, 2] }}{{ [1] in [[1]] }}{{ 'user' in messages | map(attribute='role') | list }}",
    "mixed-plus": "{{ 'a' + 1 }}",
    "list-plus": "{{ ([1] + [2, 3]) | length }}{{ [1, 2] | join(', ') }}",
    "strip": "[{{ ' \n x\u3000 '.strip() }}][{{ 'xxaxbx'.strip('x') }}][{{ '\n a\n'.lstrip('\n') }}][{{ 'ab  \n'.rstrip('\n') }}][{{ '\ufeffx\x1c'|trim }}][{{ '--a-'|trim('-') }}]",
    "case": "{{ 'hELLO wORLD' | capitalize }}{{ 'hELLO'.capitalize() }}{{ 'Straße'.upper() }}{{ 'ÄB' | lower }}",
    "title": "{{ 'user' | title }}{{ 'user nAME'.title() }}{{ \"IT's a-b (x\" | title }}{{ \"it's a\".title() }}",
    "length": "{{ '🦜a' | length }}{{ messages | length }}{{ messages[0] | length }}{{ [] | count }}",
    "split": "{{ 'a,b,,c'.split(',') | join('|') }}{{ ' a  b '.split() | join('|') }}{{ 'a</t>b</t>c'.split('</t>')[-1] }}{{ 'a-b-c'.split('-', 1) | last }}",
    "replace": "{{ 'a.b.c'.replace('.', '-') }}{{ 'aaa' | replace('a', 'b', 2) }}",
    "slices": "{{ 'a🦜cde'[1:3] }}{{ messages[1:] | length }}{{ messages[-1].role }}{{ messages[::-1][0].role }}{{ messages[:2] | map(attribute='role') | join(',') }}",
    "select": "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ messages | rejectattr('role', 'equalto', 'user') | map(attribute='role') | join(',') }}{{ (messages | selectattr('role', 'equalto', 'user') | list | first).content }}{{ (messages | selectattr('role', 'equalto', 'user') | list | last).role }}",
    "tests": "{{ 'a' is string }}{{ 1 is number }}{{ messages is iterable }}{{ messages[0] is mapping }}{{ messages[0] is iterable }}{{ 'a' is iterable }}{{ 1 is iterable }}{{ none is none }}{{ 3 is odd }}{{ false is false }}{{ messages is sequence }}",
    "ternary": "{{ 'a' if false else 'b' }}[{{ 'a' if false }}]{{ ('x' if messages else 'y') }}",
    "default": "{{ '' | default('d', true) }}{{ none | default('d') }}{{ nothing | default('d') }}",
    "block-set": "{% set x %}a {{ messages[1].role }}\n b{% endset %}[{{ x }}]",
    "filter-block": "{% filter upper %}abc{% endfilter %}",
    "special-tokens": "{{ bos_token }}|{{ eos_token }}|{{ unk_token }}|{{ tools is none }}{{ documents is none }}{{ tools is defined }}",
    "add-generation-prompt": "{{ add_generation_prompt }}",
    "range": "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 1, -2) %}{{ i }}{% endfor %}{{ range(0) | list | length }}",
    "range-too-long": "{% for i in range(100001) %}{% endfor %}",
    "escapes": "{{ 'a\\n\\t\\\\b\\'\\u00fc' }}{{ \"'\" }}",
    "dictionary": "{% set d = {'a': 1, 'b': {'c': 'x'}} %}{{ d.a }}{{ d['b'].c }}{{ d.get('z', 'none') }}{{ d.get('z') }}{{ d.keys() | list | join(',') }}",
    "indent": "{{ 'a\nb\n\nc' | indent(2) }}",
    "join": "{{ [1, none, true, 'a', 2.5] | join('-') }}{{ ['a', 'b'] | join }}{{ 'abc' | join('.') }}{{ messages | map(attribute='role') | join(', ') }}[{{ nothing | join }}]",
    "join-length": "{{ messages.length is defined }}[{{ 'abc'.length }}]{{ {'length': 3}.length }}",
    "numbers-cut": "{{ 3.7 | int }}{{ '3' | int }}{{ -3.7 | int }}{{ true is number }}{{ 7.5 % 2 }}{{ -7 % -3 }}",
    "none-length": "{{ none | length }}",
    "division-by-zero": "{{ 1 / 0 }}",
    "remainder-by-zero": "{{ 1 % 0 }}",
    "strftime-nothing": "{{ strftime_now() }}",
    "generation-open": "{% if true %}{% generation %}x{% endif %}",
    "generation-closed-twice": "{% generation %}x{% endgeneration %}{% endgeneration %}",
    "filter-of-objects": "{{ 'a' | constructor }}",
    "method-of-objects": "{{ 'a'.constructor() }}",
    "test-of-objects": "{{ 'a' is constructor }}",
    "part-of-objects": "[{{ messages[0].constructor }}{{ messages.constructor }}{{ 'a'.constructor }}{{ messages[0]['__proto__'] }}]",
    "refusal": "{{ raise_exception('Only \"user\" may speak') }}",
    "unclosed-if": "{% if true %}a",
    "unknown-tag": "{% frobnicate %}",
    "unknown-filter": "{{ 'a' | frobnicate }}",
    "unknown-test": "{{ 'a' is frobnicated }}",
    "call-undefined": "{{ nothing() }}",
    "list-of-one": "{{ ['only'] | first }}{{ 'a' ~ 'b' ~ 1 }}{{ not true or true and false }}",
    "and-or": "{{ '' or 'b' }}{{ 'a' and 'b' }}[{{ messages[0].x or '' }}]{{ 1 < 2 and 2 <= 2 }}",
    "macro-once-part": "{% set ns = namespace(n=0) %}{% macro m(text) %}{% set ns.n = ns.n + 1 %}{{ text }}{% endmacro %}{{ m('ab c')[0] }}{{ m('ab c')[-1:] }}{{ messages[m('1') | int].role }}{{ ns.n }}",
    "macro-once-method": "{% set ns = namespace(n=0) %}{% macro m(text) %}{% set ns.n = ns.n + 1 %}{{ text }}{% endmacro %}{{ m('ab c').split(' ')[0] }}{{ m('ab').upper() }}{{ m(' a ').strip() }}{{ m('ab').endswith('b') }}{{ ns.n }}",
    "macro-once-filter": "{% set ns = namespace(n=0) %}{% macro m(text) %}{% set ns.n = ns.n + 1 %}{{ text }}{% endmacro %}{{ m('a') | tojson }}{{ m('5') | int + 1 }}{{ m('a') | length }}{{ m('a') | upper | trim }}{{ ns.n }}",
    "macro-once-test": "{% set ns = namespace(n=0) %}{% macro m(text) %}{% set ns.n = ns.n + 1 %}{{ text }}{% endmacro %}{{ m('a') is number }}{{ m('a') is iterable }}{{ m('a') is string }}{{ ns.n }}",
    "macro-once-key": "{% set ns = namespace(n=0) %}{% macro m(text) %}{% set ns.n = ns.n + 1 %}{{ text }}{% endmacro %}{{ messages[0][m('role')] }}{{ {'k': 'v'}[m('k')] }}[{{ messages[0][m('none')] }}]{{ ns.n }}",
    "macro-once-attribute": "{% set ns = namespace(n=0) %}{% macro m(text) %}{% set ns.n = ns.n + 1 %}{{ text }}{% endmacro %}[{{ m('a').nothing }}{{ m('a').length }}]{{ ns.n }}",
}

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}


def case(name, template, messages, add_generation_prompt=True):
    one = dict(name=name, template=template, messages=messages, addGenerationPrompt=add_generation_prompt)
    try:
        text = environment().from_string(template).render(
            messages=messages, tools=None, documents=None, add_generation_prompt=add_generation_prompt, **SPECIAL
        )
        return {**one, "text": text}
    except Refused as refusal:
        return {**one, "refused": str(refusal)}
    except Exception as error:  # What is broken and why differs by library.
        return {**one, "broken": f"{type(error).__name__}: {error}"}


cases = [case(f"{model}/{name}", template, messages) for model, template in MODELS.items() for name, messages in CHATS.items()]
cases += [case(f"{model}/turns-closed", template, TWO_TURNS, False) for model, template in MODELS.items()]
cases += [case(f"rule/{name}", template, WITH_SYSTEM) for name, template in RULES.items()]
path = Path(__file__).with_name("chat-templates.jsonl")
path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in cases))
for one in cases:
    if "text" not in one:
        print(one["name"], one.get("refused", one.get("broken")))
print(len(cases), "cases")

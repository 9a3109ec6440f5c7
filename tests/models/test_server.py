"""`mlpy models serve` as its clients meet it: OpenAI's own client against a real process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlpy import config
from mlpy.cli import main

openai = pytest.importorskip("openai", reason="needs the extra `models`")
pytest.importorskip("fastapi", reason="needs the extra `models`")
pytest.importorskip("mlx_lm", reason="needs the extra `models`")
sys.path.insert(0, str(Path(__file__).parent))
from served import PATIENCE, Served, until  # noqa: E402  beside this file

KEY = "key-for-tests"
MODEL, SECOND, VECTORS = "mlx-community/tiny-llama", "mlx-community/sharded-llama", "mlx-community/minilm"
SECRET = "pomegranate"  # what no log may have
HELLO = [{"role": "user", "content": f"hello {SECRET}"}]


@pytest.fixture(scope="module")
def models(tiny, tmp_path_factory):
    """A cache with three models that run and one that does not."""
    cache = tmp_path_factory.mktemp("served") / "hub"
    for name, kind in ((MODEL, "chat"), (SECOND, "sharded"), (VECTORS, "embedding")):
        tiny.install(cache, name, kind)
    broken = tiny.install(cache, "mlx-community/broken")
    (broken / "model.safetensors").unlink()
    return cache


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    """A server with a key, in whose memory there is room for one model."""
    largest = max(sum(path.stat().st_size for path in (models / f"models--{name.replace('/', '--')}/snapshots").rglob("*.*")) for name in (MODEL, SECOND, VECTORS))
    made = Served(models, tmp_path_factory.mktemp("state"), "--memory", str(largest * 3 // 2), "--idle-unload", "3s", "--model", "tiny-llama", key=KEY)
    yield made
    made.kill()


@pytest.fixture(scope="module")
def client(server):
    return server.client()


def chat(client, messages=HELLO, *, model=MODEL, **options):
    options = {"max_completion_tokens": 12, "seed": 7, **options}
    return client.chat.completions.create(model=model, messages=messages, **options)


def tokenizer_of(models):
    from tokenizers import Tokenizer

    [file] = (models / f"models--{MODEL.replace('/', '--')}/snapshots").glob("*/tokenizer.json")
    return Tokenizer.from_file(str(file))


def refusal(client, **options) -> tuple[int, str | None, str, str | None]:
    """How a chat is refused: status, field, message and code."""
    with pytest.raises(openai.APIStatusError) as caught:
        chat(client, **options)
    assert set(caught.value.body) == {"message", "type", "param", "code"}
    return caught.value.status_code, caught.value.body["param"], caught.value.body["message"], caught.value.body["code"]


# ── answers ──


def test_usage_is_what_the_tokenizer_counts(client, models):
    tokenizer = tokenizer_of(models)
    answer = chat(client, logprobs=True, top_logprobs=3)
    prompt = f"<|im_start|>user\n{HELLO[0]['content']}<|im_end|>\n<|im_start|>assistant\n"
    assert answer.usage.prompt_tokens == len(tokenizer.encode(prompt).ids)
    places = answer.choices[0].logprobs.content
    assert answer.usage.completion_tokens == len(places) == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12
    assert answer.choices[0].finish_reason == "length"
    assert answer.model == MODEL
    assert answer.choices[0].message.content.strip() == "".join(place.token for place in places).strip()
    for place in places:
        likely = [other.logprob for other in place.top_logprobs]
        assert len(likely) == 3
        assert likely == sorted(likely, reverse=True)
        assert place.logprob <= likely[0] <= 0


def test_a_stream_is_the_same_answer_in_pieces(client):
    whole = chat(client)
    events = list(chat(client, stream=True, stream_options={"include_usage": True}))
    assert events[0].choices[0].delta.role == "assistant"
    assert "".join(event.choices[0].delta.content or "" for event in events[:-1]) == whole.choices[0].message.content
    assert [event.choices[0].finish_reason for event in events[:-1] if event.choices[0].finish_reason] == ["length"]
    assert len(events) > 8
    assert (events[-1].choices, events[-1].usage) == ([], whole.usage)
    assert all(event.usage is None for event in chat(client, stream=True))


def test_sixteen_clients_get_what_they_would_get_alone_and_share_steps(client, server):
    def ask(number):
        options = {"messages": [{"role": "user", "content": f"question {number % 4}"}], "seed": number % 4, "max_completion_tokens": 24}
        if number % 2:
            return number % 4, chat(client, **options).choices[0].message.content
        return number % 4, "".join(event.choices[0].delta.content or "" for event in chat(client, stream=True, **options))

    alone = dict(ask(number) for number in range(4))
    assert len(set(alone.values())) == 4
    steps, tokens = server.figure("steps_total"), server.figure("generated_tokens_total")
    with ThreadPoolExecutor(16) as threads:
        together = list(threads.map(ask, range(16)))
    assert together == [(number % 4, alone[number % 4]) for number in range(16)]
    assert server.figure("generated_tokens_total") - tokens == 16 * 24
    assert server.figure("steps_total") - steps < 16 * 24 / 1.5


def test_an_answer_is_cut_before_a_stop_string(client):
    text = chat(client, temperature=1.5).choices[0].message.content
    stop = text[len(text) // 2 :][:4]
    cut = chat(client, temperature=1.5, stop=["never and nowhere", stop])
    assert cut.choices[0].message.content == text[: text.index(stop)]
    assert cut.choices[0].finish_reason == "stop"
    streamed = list(chat(client, temperature=1.5, stop=stop, stream=True))
    assert "".join(event.choices[0].delta.content or "" for event in streamed) == text[: text.index(stop)]


def test_every_choice_has_a_seed_of_its_own(client):
    answer = chat(client, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in answer.choices}) == 3
    assert answer.choices[0].message.content == chat(client).choices[0].message.content
    assert answer.usage.completion_tokens == 36
    assert len({chat(client, seed=None).choices[0].message.content for _ in range(3)}) == 3


def test_completions_of_texts_and_of_tokens(client, models):
    ids = tokenizer_of(models).encode("The quick brown").ids
    options = {"model": MODEL, "max_tokens": 5, "seed": 3, "logprobs": 2}
    text, tokens = client.completions.create(prompt="The quick brown", **options), client.completions.create(prompt=ids, **options)
    assert text.choices[0].text == tokens.choices[0].text
    assert (text.usage.prompt_tokens, text.usage.completion_tokens, text.choices[0].finish_reason) == (len(ids), 5, "length")
    told = text.choices[0].logprobs
    assert [len(part) for part in (told.tokens, told.token_logprobs, told.text_offset, told.top_logprobs)] == [5, 5, 5, 5]
    several = client.completions.create(prompt=["The quick brown", "Where"], n=2, **options)
    assert len(several.choices) == 4
    assert several.choices[0].text == text.choices[0].text
    streamed = client.completions.create(prompt="The quick brown", stream=True, **options)
    assert "".join(event.choices[0].text for event in streamed) == text.choices[0].text
    assert len(client.completions.create(model=MODEL, prompt="x", temperature=0, logit_bias={str(ids[0]): 100}, max_tokens=3, logprobs=0).choices[0].logprobs.tokens) == 3
    assert client.completions.create(model=MODEL, prompt="x", logit_bias={str(ids[0]): 100}, presence_penalty=-1, max_tokens=3).choices[0].text == "The" * 3


def test_tools_and_roles_reach_the_template(client):
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    talk = [
        {"role": "developer", "content": "be brief"},
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "it rains"}]},
    ]
    with_tools = chat(client, talk, tools=[tool])
    assert with_tools.usage.prompt_tokens > chat(client, talk, tools=[tool], tool_choice="none").usage.prompt_tokens > chat(client).usage.prompt_tokens
    same = [{**talk[0], "role": "system"}, *talk[1:]]
    assert chat(client, same).choices[0].message.content == chat(client, talk).choices[0].message.content
    sent_back = chat(client).choices[0].message.model_dump()
    assert chat(client, [*HELLO, sent_back, *HELLO]).usage.prompt_tokens > 2 * chat(client).usage.prompt_tokens
    call["function"]["arguments"] = "no JSON"
    assert refusal(client, messages=talk)[:2] == (400, "messages")
    assert refusal(client, model=VECTORS)[1] == "model"


def test_calls_are_read_from_the_text_of_an_answer():
    from types import SimpleNamespace

    from mlpy.extensions.models.server.batching import Part
    from mlpy.extensions.models.server.calls import Calls

    tokenizer = SimpleNamespace(tool_call_start="<tool_call>", tool_call_end="</tool_call>", tool_parser=lambda text, _: json.loads(text))
    text = 'I look.<tool_call>{"name": "weather", "arguments": {"city": "Oslo"}}</tool_call><tool_call>no JSON</tool_call>'
    for size in (1, 7, len(text)):
        reader, pieces = Calls(tokenizer, []), [text[at : at + size] for at in range(0, len(text), size)]
        made = [reader.add(Part(piece, 1, "stop" if number == len(pieces) - 1 else None)) for number, piece in enumerate(pieces)]
        assert "".join(part.text for part, _ in made) == "I look.<tool_call>no JSON</tool_call>"
        [call] = [call for _, calls in made for call in calls]
        assert (call.name, call.arguments) == ("weather", '{"city": "Oslo"}')
        assert made[-1][0].finish_reason == "tool_calls"


def test_vectors_are_the_same_in_numbers_and_packed(client):
    texts = [f"text number {number}" for number in range(40)]
    packed, plain = client.embeddings.create(model="minilm", input=texts), client.embeddings.create(model="minilm", input=texts, encoding_format="float")
    assert [item.index for item in plain.data] == list(range(40))
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)
        assert sum(number**2 for number in other.embedding) == pytest.approx(1, abs=1e-5)
    assert client.embeddings.create(model="minilm", input=texts[3]).data[0].embedding == pytest.approx(plain.data[3].embedding, abs=1e-5)
    assert plain.usage.prompt_tokens == plain.usage.total_tokens > 80
    with pytest.raises(openai.BadRequestError, match="dimensions"):
        client.embeddings.create(model="minilm", input="x", dimensions=3)


# ── what is refused ──


def test_a_bad_value_is_refused_with_its_field(client):
    cases = [
        ({"temperature": -1}, "temperature", "must be at least 0"),
        ({"temperature": "hot"}, "temperature", "must be a number"),
        ({"top_p": 0}, "top_p", "must be above 0"),
        ({"n": 0}, "n", "must be at least 1"),
        ({"max_completion_tokens": 0}, "max_completion_tokens", "must be at least 1"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens", "must be a whole number"),
        ({"messages": []}, "messages", "is empty"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role", "must be `assistant`"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages[0].content[0].type", "must be `text`"),
        ({"stop": [""]}, "stop[0]", "is empty"),
        ({"stop": 5}, "stop", "must be a string, or must be an array"),
        ({"logit_bias": {"99999": 1}}, "logit_bias", "no number of a token"),
        ({"logit_bias": {"000000000000999": 100}}, "logit_bias", "no number of a token"),
        ({"logit_bias": {"9" * 5000: 1}}, "logit_bias", "no number of a token"),
        ({"top_logprobs": 2}, "top_logprobs", "needs"),
        ({"response_format": {"type": "json_object"}}, "response_format.type", "must be `text`"),
        ({"tool_choice": "required"}, "tool_choice", "must be `auto` or `none`"),
        ({"extra_body": {"functions": []}}, "functions", "is not supported"),
    ]
    for options, field, text in cases:
        status, param, message, code = refusal(client, **options)
        assert (status, param, code) == (400, field, "invalid_value"), options
        assert message.startswith(f"`{field}`"), options
        assert text in message


def test_a_token_that_the_network_does_not_know_is_refused():
    import asyncio
    from types import SimpleNamespace

    from mlpy.extensions.models.failures import ModelError
    from mlpy.extensions.models.server.shapes import CompletionRequest
    from mlpy.extensions.models.server.turns import encoded, jobs

    runner = SimpleNamespace(loaded=SimpleNamespace(tokenizer=range(9), rows=5), require_text=lambda: None, fitting=lambda tokens: tokens)
    request = CompletionRequest(model=MODEL, prompt=[4, 0])
    assert encoded(runner, request) == [[4, 0]]
    with pytest.raises(ModelError, match="`5` is no number of a token, of which the model has 5"):
        encoded(runner, request.model_copy(update={"prompt": [0, 5]}))
    with pytest.raises(ModelError, match="`5` is no number of a token, of which the model has 5"):
        jobs(request.model_copy(update={"logit_bias": {"5": 1.0}}), SimpleNamespace(runner=runner), [[4, 0]], asyncio.Queue())


def test_a_prompt_over_the_context_is_refused_with_both_numbers(client):
    status, param, message, code = refusal(client, messages=[{"role": "user", "content": "word " * 600}])
    assert (status, param, code) == (400, "messages", "context_length_exceeded")
    assert "room for 512" in message
    assert int(message.split()[3]) > 600
    assert chat(client, max_completion_tokens=100_000, messages=[{"role": "user", "content": "word " * 200}]).choices[0].finish_reason in {"length", "stop"}


def test_a_model_that_is_not_there_is_not_found(client):
    assert refusal(client, model="nobody/nothing")[::3] == (404, "model_not_found")
    assert refusal(client, model="llama")[::3] == (400, "ambiguous_match")
    assert refusal(client, model="../../etc/passwd")[::3] == (400, "invalid_name")
    assert refusal(client, model="broken")[::3] == (400, "not_runnable")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody/nothing")


def test_models_are_the_runnable_ones_of_the_list(client, models, monkeypatch, capsys):
    monkeypatch.setenv("HF_HUB_CACHE", str(models))
    assert main(["models", "list", "--json"]) == 0
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)["data"]["models"]}
    told = {model.id: model for model in client.models.list()}
    assert set(told) == {name for name, model in listed.items() if model["runtime_compatible"]} == {MODEL, SECOND, VECTORS}
    assert all((model.context_length, model.capabilities) == (listed[name]["context_length"], listed[name]["capabilities"]) for name, model in told.items())
    assert client.models.retrieve("tiny-llama").id == MODEL


def test_who_may_ask(server):
    body = json.dumps({"model": MODEL, "messages": HELLO, "max_tokens": 1}).encode()
    path = "/v1/chat/completions"
    assert server.ask("POST", path, body)[0] == 200
    cases = [
        ({"Authorization": "Bearer wrong"}, 401, "invalid_api_key"),
        ({"Authorization": ""}, 401, "invalid_api_key"),
        ({"Host": "evil.example"}, 403, "host_not_allowed"),
        ({"Host": f"evil.example:{server.port}"}, 403, "host_not_allowed"),
        ({"Origin": "https://evil.example"}, 403, "origin_not_allowed"),
        ({"Origin": "null"}, 403, "origin_not_allowed"),
        ({"Origin": "http://localhost:3000"}, 403, "origin_not_allowed"),
    ]
    for headers, status, code in cases:
        found, answer, told = server.ask("POST", path, body, **headers)
        assert (found, json.loads(answer)["error"]["code"]) == (status, code), headers
        assert not [name for name in told if name.startswith("access-control")]
    assert server.ask("POST", path, body, Host=f"localhost:{server.port}", Origin=f"http://localhost:{server.port}")[0] == 200
    assert server.ask("GET", "/health", Authorization="")[0] == 200
    assert server.ask("GET", "/metrics", Authorization="")[0] == 401
    assert server.ask("OPTIONS", path)[0] == 405


def test_a_body_is_bounded_and_read_with_care(server):
    path = "/v1/chat/completions"
    cases = [
        (b"{" * 10, 400),
        (b"[" * 200_000, 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b'{"model": "x", "messages": [{"role": "user", "content": "x"}], "temperature": NaN}', 400),
        (b" " * (9 * 1024 * 1024), 413),
    ]
    half = rb'"\ud800"'
    cases += [
        (b'{"model": "tiny-llama", "messages": [{"role": "user", "content": %s}]}' % half, 400),
        (b'{"model": %s, "messages": [{"role": "user", "content": "x"}]}' % half, 400),
        (b'{"model": "tiny-llama", "messages": [{"role": "user", "content": "x"}], %s: 1}' % half, 400),
        (b'{"model": "tiny-llama", "messages": [{"role": "user", "content": "x"}], "logit_bias": {%s: 1}}' % half, 400),
    ]
    named = [
        (rb'"messages": [{"role": "user", "content": "x"}], "\ud800": 1', r"\ud800"),
        (rb'"messages": [{"role": "user", "content": "x", "\ud800": 1}]', r"messages[0].\ud800"),
    ]
    tool = rb'"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": %s}}]'
    named += [(tool % parameters, "tools[0].function.parameters") for parameters in (rb'{"a": ["\ud800"]}', rb'{"a": {"\ud800": 1}}', b'{"a": %s1%s}' % (b"[" * 500, b"]" * 500))]
    for fields, field in named:
        found, answer, _ = server.ask("POST", path, b'{"model": "tiny-llama", %s}' % fields)
        assert (found, json.loads(answer)["error"]["param"], json.loads(answer)["error"]["code"]) == (400, field, "invalid_value"), fields[:80]
    for body, status in cases:
        found, answer, _ = server.ask("POST", path, body)
        assert found == status, body[:20]
        assert json.loads(answer)["error"]["type"] == "invalid_request_error"
    assert server.ask("POST", path, iter([b" " * 1024 * 1024] * 9))[0] == 413
    assert server.ask("POST", path, b"{}", Content_Type="text/plain")[0] == 400
    assert json.loads(server.ask("GET", "/nowhere")[1])["error"]["code"] == "not_found"
    assert json.loads(server.ask("GET", path)[1])["error"]["code"] == "method_not_allowed"


def test_a_head_that_does_not_come_ends_its_connection(monkeypatch):
    import asyncio

    import uvicorn
    from mlpy.extensions.models.server import serving

    monkeypatch.setattr(serving, "HEAD", 0.3)

    async def application(_, __, send):
        await talk()  # longer than a head may take
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def talk(*pieces):
        reader, writer = await asyncio.open_connection(*places[0])
        for piece in pieces:
            writer.write(piece)
            if piece.endswith(b"\r\n\r\n"):
                assert b"HTTP/1.1 200 OK" in await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b""
        writer.close()

    async def main():
        config = uvicorn.Config(application, lifespan="off", log_config=None, log_level="critical", timeout_keep_alive=1000)
        state = uvicorn.server.ServerState()
        server = await asyncio.get_running_loop().create_server(lambda: serving.Connection(config, state, {}), "127.0.0.1", 0)
        places.append(server.sockets[0].getsockname())
        async with server, asyncio.timeout(PATIENCE):
            half, request = b"GET / HTTP/1.1\r\nHost", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            await asyncio.gather(talk(half), talk(request, half))

    places = []
    asyncio.run(main())


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch):
    import asyncio

    from mlpy.extensions.models.server import guard
    from mlpy.extensions.models.server.metrics import Counts

    monkeypatch.setattr(guard, "SECONDS", 0.01)
    monkeypatch.setattr(guard, "READING", 3)
    began = []

    async def received():
        if began:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": bool(began)}

    async def application(_, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def ask(**headers):
        sent = []

        async def send(message):
            sent.append(message)

        pairs = [(b"host", b"localhost"), *((name.replace("_", "-").encode(), value) for name, value in headers.items())]
        await door({"type": "http", "method": "POST", "path": "/", "headers": pairs}, received, send)
        return sent[0]["status"]

    async def main():
        assert await ask(content_length=b"0") == 204
        began.append(True)
        assert await asyncio.gather(*[ask(content_length=b"9") for _ in range(4)], ask(transfer_encoding=b"chunked")) == [408, 408, 408, 503, 503]
        began.clear()
        assert await asyncio.gather(*[ask(content_length=b"0") for _ in range(5)]) == [204] * 5

    door = guard.Guard(application, host="127.0.0.1", key=None, counts=Counts(), log=lambda _: None)
    asyncio.run(main())


# ── a life of its own ──


def test_a_client_that_leaves_ends_its_answer(client, server):
    def left_since(before):
        until(lambda: server.figure("running") + server.figure("waiting") == 0)
        now = server.figures()
        assert now["dropped_total"] > before["dropped_total"]
        assert now["generated_tokens_total"] - before["generated_tokens_total"] < 16 * 480
        assert server.figure("generated_tokens_total") == now["generated_tokens_total"]

    before = server.figures()
    endless = {"n": 16, "max_completion_tokens": 480, "logit_bias": {"2": -100}}
    with chat(client, stream=True, **endless) as stream:
        for _ in zip(range(24), stream, strict=False):
            pass
    left_since(before)
    before = server.figures()
    body = json.dumps({"model": MODEL, "messages": HELLO, **endless}).encode()
    with socket.create_connection((server.host, server.port)) as left:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        left.sendall(head.encode() + body)
        until(lambda: server.figure("generated_tokens_total") > before["generated_tokens_total"])
    left_since(before)


def test_models_take_turns_in_a_memory_for_one(client, server):
    def ask(number):
        if number % 3 == 2:
            return len(client.embeddings.create(model=VECTORS, input=f"text {number}", encoding_format="float").data[0].embedding)
        return chat(client, model=(MODEL, SECOND)[number % 3]).usage.completion_tokens

    loads = server.figure("loads_total")
    with ThreadPoolExecutor(12) as threads:
        asked = [threads.submit(ask, number) for number in range(24)]
        most = 0.0
        while not all(one.done() for one in asked):
            most = max(most, server.figure("loaded"))
        assert [one.result() for one in asked] == [64 if number % 3 == 2 else 12 for number in range(24)]
    assert server.figure("loads_total") >= loads + 2
    assert most == 1


def test_a_model_that_rests_is_unloaded_and_its_memory_freed(client, server):
    def loaded():
        chat(client)
        found = server.figures()
        return found if found["loaded"] else None

    used = loaded() or loaded() or loaded()
    until(lambda: server.figure("loaded") == 0)
    assert server.figure("memory_bytes") < used["memory_bytes"] / 10
    assert server.figure("unloads_total") == used["unloads_total"] + 1
    assert chat(client).usage.completion_tokens == 12


def test_ps_lists_what_runs_and_forgets_what_does_not(server, answer, monkeypatch):
    state = server.log_path.parent
    monkeypatch.setenv("MLPY_STATE_DIR", str(state))
    for name in ("999999.lock", "999999.json"):
        (state / "servers" / name).write_text("{}", encoding="utf-8")
    code, record = answer("ps")
    assert (code, record["data"]["count"]) == (0, 1)
    [found] = record["data"]["servers"]
    assert (found["pid"], found["address"]) == (server.process.pid, server.url)
    assert found["memory_bytes"] > 1_000_000
    assert sorted(path.name for path in (state / "servers").iterdir()) == [f"{server.process.pid}.json", f"{server.process.pid}.lock"]


def test_a_signal_ends_it_in_the_midst_of_answers(models, tmp_path, schema, answer, monkeypatch):
    server = Served(models, tmp_path, "--max-context", "400")
    client = server.client()
    assert next(iter(client.models.list())).context_length == 400
    streams = [chat(client, stream=True, max_completion_tokens=390, n=8) for _ in range(4)]
    for stream in streams:
        next(iter(stream))
    code, record = server.stop()
    schema(record)
    assert (code, record["status"], record["data"]["address"]) == (0, "success", server.url)
    assert record["data"]["generated_tokens"] < 4 * 8 * 380
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((server.host, server.port))
        other.listen()
        assert answer("serve", "--port", str(server.port))[1]["error"]["type"] == "address_in_use"
    monkeypatch.setenv("MLPY_STATE_DIR", str(tmp_path))
    assert answer("ps")[1]["data"] == {"servers": [], "count": 0}
    for stream in streams:
        with pytest.raises(openai.APIError):
            list(stream)


STUCK = """
import sys, threading
from pathlib import Path
from mlpy.extensions.models.server import pool, serving
from mlpy.extensions.models.store import Store

def load(*_, **__):
    print("loading", flush=True)
    threading.Event().wait()

pool.load, serving.LAST = load, 0.05
settings = serving.Settings(host="127.0.0.1", port=0, key=None, idle=0, max_context=None, memory=2**40, total=2**40, preload=[sys.argv[2]])
serving.serve(Store(Path(sys.argv[1])), settings)
"""


def test_a_signal_ends_it_while_a_model_loads(models, tmp_path):
    environment = {**os.environ, "MLPY_STATE_DIR": str(tmp_path), "PYTHONPATH": str(Path(config.__file__).parent.parent)}
    with subprocess.Popen([sys.executable, "-c", STUCK, str(models), MODEL], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout.readline() == "loading\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 130
        finally:
            process.kill()


def test_a_log_has_a_line_a_request_and_no_prompts(client, server):
    told = chat(client).usage
    until(lambda: f" 200 {MODEL} {told.prompt_tokens}+{told.completion_tokens} tokens " in server.log())
    lines = server.log().splitlines()[1:]
    assert all(line.split()[1] == "127.0.0.1" and line.endswith(" s") for line in lines)
    assert SECRET not in server.log()
    assert KEY not in server.log()


def test_what_cannot_be_served_is_said_at_once(answer, cache, capsys):
    for arguments, kind in (
        (("--host", "0.0.0.0"), "usage"),
        (("--api-key", ""), "usage"),
        (("--port", "70000"), "usage"),
        (("--memory", "much"), "usage"),
        (("--host", "no address", "--api-key", "k"), "bad_address"),
        (("--port", "0", "--model", "nothing"), "model_not_found"),
    ):
        code, record = answer("serve", *arguments)
        assert code
        assert record["error"]["type"] == kind
    assert main(["models", "ps"]) == 0
    assert "no server runs" in capsys.readouterr().out

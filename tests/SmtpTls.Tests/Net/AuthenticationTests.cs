using System.Collections.Concurrent;
using System.Text;
using SmtpTls.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

/// <summary>AUTH on a real listener: sessions, time, and what gets into the log.</summary>
public sealed class AuthenticationTests : IAsyncDisposable
{
    private const string Password = "correct horse battery";
    private readonly ConcurrentQueue<ListenerEvent> _log = new();
    private readonly FakeUsers _users = new();
    private readonly FakeClock _clock = new(DateTimeOffset.UtcNow);
    private SmtpListener? _listener;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _users.Release();
        if (_listener is not null)
        {
            await _listener.StopAsync(TimeSpan.Zero, CancellationToken.None);
            await _listener.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_user_authenticates_and_its_message_says_so()
    {
        Start();
        using var client = await InTlsAsync();
        Assert.StartsWith("235 2.7.0", await client.SayAsync(Plain("ann", Password)), StringComparison.Ordinal);
        await SendAsync(client);
        using var message = _listener!.Capture!.TryReceive()!;
        Assert.Equal("ann", message.User);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.Authenticated && e.Message.Contains("ann", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Implicit_TLS_offers_AUTH_in_the_first_EHLO()
    {
        Start(o => o with { TlsMode = TlsMode.Implicit });
        using var client = await RawClient.ConnectAsync(_listener!.Port);
        await client.StartTlsAsync(command: false);
        await client.ReplyAsync();
        Assert.Contains("AUTH PLAIN LOGIN", await client.SayAsync("EHLO a"), StringComparison.Ordinal);
        await client.SayAsync("AUTH LOGIN");
        await client.SayAsync(Base64("ann"));
        Assert.StartsWith("235", await client.SayAsync(Base64(Password)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_behind_AUTH_in_one_packet_are_answered_after_it()
    {
        Start(o => o with { RequireAuthentication = true });
        using var client = await InTlsAsync();
        await client.SendAsync($"NOOP\r\n{Plain("ann", Password)}\r\nMAIL FROM:<a@test>\r\nQUIT\r\n");
        Assert.StartsWith("250", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("235", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.0", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("221", await client.ReplyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_of_an_exchange_may_have_12288_octets_and_not_one_more()
    {
        Start();
        using var client = await InTlsAsync();
        await client.SayAsync("AUTH PLAIN");

        // 12,286 octets and CRLF: no base64, because that comes in fours, but read.
        Assert.StartsWith("501 5.5.2", await client.SayAsync(new string('A', 12_286)), StringComparison.Ordinal);
        await client.SayAsync("AUTH PLAIN");
        Assert.StartsWith("500 5.5.6", await client.SayAsync(new string('A', 12_287)), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("NOOP"), StringComparison.Ordinal);
        Assert.StartsWith("500 5.5.2", await client.SayAsync("AUTH PLAIN " + new string('A', 4_000)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tries_after_a_wrong_one_wait_longer_and_longer_and_the_last_ends_the_session()
    {
        Start(o => o with { Limits = new ListenerLimits { MaximumAuthenticationFailures = 3 } });
        using var client = await InTlsAsync();
        Assert.StartsWith("535 5.7.8", await client.SayAsync(Plain("ann", "wrong")), StringComparison.Ordinal);
        Assert.StartsWith("535 5.7.8", await AfterAsync(1, client.SayAsync(Plain("nobody", Password))), StringComparison.Ordinal);
        Assert.StartsWith("421 4.7.0", await AfterAsync(2, client.SayAsync(Plain("ann", "wrong"))), StringComparison.Ordinal);
        Assert.Equal("", await client.ReplyAsync());
    }

    [Fact]
    public async Task A_new_connection_does_not_wipe_the_count_out_and_neither_does_a_right_password()
    {
        Start();
        using (var client = await InTlsAsync())
        {
            await client.SayAsync(Plain("ann", "wrong"));
        }

        using (var client = await InTlsAsync())
        {
            Assert.StartsWith("235", await AfterAsync(1, client.SayAsync(Plain("ann", Password))), StringComparison.Ordinal);
        }

        using var third = await InTlsAsync();
        Assert.StartsWith("535", await AfterAsync(1, third.SayAsync(Plain("bob", "wrong"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_with_too_many_wrong_ones_is_turned_away_unseen_until_it_has_been_quiet()
    {
        Start(o => o with { Limits = new ListenerLimits { MaximumAuthenticationFailuresPerClient = 1 } });
        using (var client = await InTlsAsync())
        {
            await client.SayAsync(Plain("ann", "wrong"));
            Assert.StartsWith("421 4.7.0", await client.SayAsync(Plain("ann", Password)), StringComparison.Ordinal);
        }

        Assert.Equal(1, _users.Asked);
        _clock.Advance(FailedAuthentications.Memory);
        using var later = await InTlsAsync();
        Assert.StartsWith("235", await later.SayAsync(Plain("ann", Password)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_so_many_verifications_run_at_a_time_and_others_wait_with_a_deadline()
    {
        Start(o => o with { Limits = new ListenerLimits { MaximumVerifications = 1, AuthenticationTimeout = TimeSpan.FromSeconds(10) } });
        using var first = await InTlsAsync();
        using var second = await InTlsAsync();
        _users.Hold();
        await first.SendAsync(Plain("ann", Password) + "\r\n");
        await _users.Held;
        await second.SendAsync(Plain("ann", Password) + "\r\n");
        Assert.StartsWith("250", await (await InTlsAsync()).SayAsync("NOOP"), StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromSeconds(12));
        Assert.StartsWith("421 4.4.2", await second.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("421 4.4.2", await first.ReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(1, _users.Asked);

        // The slot is free again once the one that hung has come to its end.
        _users.Release();
        using var third = await InTlsAsync();
        Assert.StartsWith("235", await third.SayAsync(Plain("ann", Password)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_fails_is_454_and_told_without_the_secret()
    {
        Start();
        _users.Fault = new IOException($"cannot look up {Password} now");
        using var client = await InTlsAsync();
        Assert.StartsWith("454 4.7.0", await client.SayAsync(Plain("ann", Password)), StringComparison.Ordinal);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.AuthenticationFailed && e.Message.Contains("cannot look up", StringComparison.Ordinal));
        AssertNoSecret();

        // It was no wrong credential: the next try does not wait.
        _users.Fault = null;
        Assert.StartsWith("235", await client.SayAsync(Plain("ann", Password)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_gets_into_the_log_or_a_reply_however_the_exchange_goes()
    {
        Start(o => o with { Limits = new ListenerLimits { MaximumErrors = 100 } });
        using (var plain = await RawClient.GreetedAsync(_listener!.Port))
        {
            // Already said in plain text, which is the client's fault; it is not repeated.
            AssertNoSecret(await plain.SayAsync(Plain("ann", Password)));
        }

        using var client = await InTlsAsync();
        string[] lines =
        [
            $"AUTH {Base64(Password)}", $"AUTH PLAIN {Password}", "AUTH PLAIN", Password, "AUTH LOGIN", Base64("ann"), Password, "AUTH LOGIN", Base64(Password), "*",
            $"AUTH PLAIN {Base64($"x\0{Password}\0{Password}")}", Plain("ann", Password + "x"), $"{Base64(Password)}", $"MAIL FROM:<{Password}>",
        ];
        foreach (var line in lines)
        {
            AssertNoSecret(await client.SayAsync(line));
        }

        _clock.Advance(TimeSpan.FromMinutes(20));
        Assert.StartsWith("421", await client.ReplyAsync(), StringComparison.Ordinal);
        await _listener.StopAsync(TimeSpan.Zero, Token);
        AssertNoSecret();
    }

    [Fact]
    public async Task A_stop_ends_an_authentication_that_waits()
    {
        Start();
        _users.Hold();
        using var client = await InTlsAsync();
        await client.SendAsync(Plain("ann", Password) + "\r\n");
        await _users.Held;
        var stop = _listener!.StopAsync(cancellationToken: Token);
        Assert.StartsWith("421 4.3.2", await client.ReplyAsync(), StringComparison.Ordinal);
        await stop;
    }

    [Theory]
    [InlineData(true, false, TlsMode.StartTls, StartTlsPolicy.Always, false)]
    [InlineData(true, true, TlsMode.StartTls, StartTlsPolicy.Never, false)]
    [InlineData(true, true, TlsMode.None, StartTlsPolicy.ExceptLoopback, false)]
    [InlineData(false, true, TlsMode.None, StartTlsPolicy.ExceptLoopback, false)]
    [InlineData(true, true, TlsMode.StartTls, StartTlsPolicy.ExceptLoopback, true)]
    [InlineData(true, true, TlsMode.Implicit, StartTlsPolicy.Never, true)]
    public void Authentication_that_nobody_could_do_is_refused_at_the_start(bool required, bool withUsers, TlsMode mode, StartTlsPolicy policy, bool possible)
    {
        var options = new SmtpListenerOptions
        {
            RequireAuthentication = required,
            Users = withUsers ? _users : null,
            TlsMode = mode,
            StartTls = policy,
            Certificates = [ListenerCertificate.SelfSigned(["mail.test"])],
        };
        var refusal = Record.Exception(options.Validate);
        Assert.Equal(possible, refusal is null);
        Assert.True(possible || refusal is SmtpException { Failure: { Code: FindingCode.InvalidInput, Advice.Length: > 0 } });
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Plain(string user, string password) => $"AUTH PLAIN {Base64($"\0{user}\0{password}")}";

    private static async Task SendAsync(RawClient client)
    {
        foreach (var line in (string[])["MAIL FROM:<a@test>", "RCPT TO:<b@test>", "DATA", "Subject: x\r\n\r\nbody\r\n."])
        {
            Assert.Matches("^[23]", await client.SayAsync(line));
        }
    }

    // The reply comes once the clock has moved on, and not before.
    private async Task<string> AfterAsync(int seconds, Task<string> reply)
    {
        // One timer is the sweeper's; the other is the delay.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_clock.PendingTimers < 2)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, _clock.PendingTimers);
        Assert.False(reply.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        return await reply;
    }

    private void AssertNoSecret(string? reply = null)
    {
        foreach (var text in _log.Select(e => e.Message).Append(reply ?? ""))
        {
            Assert.DoesNotContain(Password, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Base64(Password)[..16], text, StringComparison.Ordinal);
        }
    }

    private async Task<RawClient> InTlsAsync()
    {
        var client = await RawClient.GreetedAsync(_listener!.Port);
        await client.StartTlsAsync();
        await client.SayAsync("EHLO a");
        return client;
    }

    private void Start(Func<SmtpListenerOptions, SmtpListenerOptions>? change = null)
    {
        var options = new SmtpListenerOptions
        {
            StartTls = StartTlsPolicy.Always,
            Certificates = [ListenerCertificate.SelfSigned(["mail.test"])],
            HostName = "mail.test",
            Users = _users,
            Log = _log.Enqueue,
            Clock = _clock,
        };
        _listener = SmtpListener.Start(change is null ? options : change(options));
    }

    /// <summary>Knows ann; can be made to hang and to fail.</summary>
    private sealed class FakeUsers : IUserDirectory
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _hold;
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public Exception? Fault { get; set; }

        public Task Held => _held.Task;

        public void Hold() => _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _hold?.TrySetResult();

        public async ValueTask<bool> VerifyAsync(string user, string password, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            if (_hold is { } hold)
            {
                _held.TrySetResult();
                await hold.Task.ConfigureAwait(false);
            }

            return Fault is null ? user == "ann" && password == Password : throw Fault;
        }
    }
}

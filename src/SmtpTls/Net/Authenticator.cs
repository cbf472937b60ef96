using System.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>Verifies the credentials that clients give to a listener: a few at a time, away from the sessions, and the slower the more were wrong.</summary>
#pragma warning disable CA1001 // A verification may outlive the listener and gives its slot back then; there is nothing else to give back.
internal sealed class Authenticator(IUserDirectory users, ListenerLimits limits, TimeProvider clock)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _slots = new(limits.MaximumVerifications);
    private readonly FailedAuthentications _failures = new(clock);

    /// <summary>Verifies a credential.</summary>
    /// <param name="credential">What the client gave.</param>
    /// <param name="client">Its address.</param>
    /// <param name="failuresOfSession">Wrong ones in its session.</param>
    /// <param name="cancellationToken">Ends the wait; a verification that has begun is counted all the same.</param>
    public async Task<AuthenticationOutcome> VerifyAsync(
        SaslCredential credential, IPAddress client, int failuresOfSession, CancellationToken cancellationToken)
    {
        var failures = _failures.Count(client);
        if (failures >= limits.MaximumAuthenticationFailuresPerClient)
        {
            return AuthenticationOutcome.TooMany;
        }

        // Before the verification and not before its answer: who hangs up on a slow answer would guess as fast as it connects.
        var delay = FailedAuthentications.Delay(Math.Max(failures, failuresOfSession));
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, clock, cancellationToken).ConfigureAwait(false);
        }

        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        var verification = Task.Run(() => RunAsync(credential, client, cancellationToken), CancellationToken.None);
        return await verification.WaitAsync(cancellationToken).ConfigureAwait(false) ? AuthenticationOutcome.Verified : AuthenticationOutcome.Rejected;
    }

    // Has the slot until it is done, also where nobody waits for it any longer.
    private async Task<bool> RunAsync(SaslCredential credential, IPAddress client, CancellationToken cancellationToken)
    {
        try
        {
            var verified = await users.VerifyAsync(credential.UserName, credential.Password, cancellationToken).ConfigureAwait(false);
            if (!verified)
            {
                _failures.Add(client);
            }

            return verified;
        }
        finally
        {
            _slots.Release();
        }
    }
}

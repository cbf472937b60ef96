namespace SmtpTls;

/// <summary>Knows users and their passwords.</summary>
public interface IUserDirectory
{
    /// <summary>
    /// Verifies a password. Called away from the sessions' threads, by as many at once as the listener's limit allows, so it
    /// may take its time with a slow hash; it should cost the same whether the user exists or not.
    /// </summary>
    /// <param name="user">The user, as the client gave it.</param>
    /// <param name="password">The password. Must not go into any log or exception.</param>
    /// <param name="cancellationToken">The listener does not wait for the answer any longer.</param>
    /// <returns>True where it is this user's password. An exception is answered with 454: come back later.</returns>
    ValueTask<bool> VerifyAsync(string user, string password, CancellationToken cancellationToken);
}

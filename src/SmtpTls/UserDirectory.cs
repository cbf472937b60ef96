using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;

namespace SmtpTls;

/// <summary>
/// Users with the hashes of their passwords, held in memory. It never changes: to change a user, make another directory.
/// </summary>
/// <remarks>
/// <para>
/// A hash is PBKDF2 with HMAC-SHA-256, a salt of its own for each, and 600,000 rounds (OWASP's Password Storage Cheat Sheet),
/// which is some 0.2 seconds of a processor. An unknown user costs as much as a known one with a wrong password.
/// </para>
/// <para>
/// A password that was right is remembered so that the same user's next session costs nothing: as an HMAC with a random key
/// that exists in this object alone and never leaves the process. It tells nothing to who reads the hashes, and who can read
/// the process' memory can read the passwords as they arrive.
/// </para>
/// </remarks>
public sealed class UserDirectory : IUserDirectory
{
    // Two users' names differ by more than case for every administrator; clients are not as strict.
    private readonly Dictionary<string, PasswordHash> _users = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, byte[]> _verified = new(StringComparer.OrdinalIgnoreCase);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly PasswordHash _nobody;
    private readonly int _work;

    private UserDirectory(IEnumerable<(string User, PasswordHash Hash)> users)
    {
        foreach (var (user, hash) in users)
        {
            if (!_users.TryAdd(user, hash))
            {
                throw Invalid($"The user '{Printable(user)}' is there twice.", "Names are compared without regard to case; give each user once.");
            }
        }

        _work = _users.Count == 0 ? PasswordHash.DefaultIterations : _users.Values.Max(h => h.Iterations);
        _nobody = new PasswordHash(_work, RandomNumberGenerator.GetBytes(16), RandomNumberGenerator.GetBytes(32));
    }

    /// <summary>The users' names, in no particular order.</summary>
    public IReadOnlyList<string> Users => _users.Keys.ToArray();

    /// <summary>Hashes passwords; takes some 0.2 seconds a user.</summary>
    /// <param name="users">Names and passwords. A domain stands before the name, as clients send it: <c>CONTOSO\user</c>.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: a name or a password cannot be used, or a user is there twice.</exception>
    public static UserDirectory Create(IEnumerable<NetworkCredential> users)
    {
        ArgumentNullException.ThrowIfNull(users);
        return new UserDirectory(users.Select(u => (Checked(NameOf(u)), Hash(u))));
    }

    /// <summary>Reads lines as <see cref="HashLine"/> writes them. Empty lines and those that begin with <c>#</c> are passed over.</summary>
    /// <param name="lines">The lines, as of a file.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: names the line, and not what stands in it.</exception>
    public static UserDirectory FromHashes(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return new UserDirectory(lines
            .Select((line, index) => (Line: line.Trim(), Number: index + 1))
            .Where(l => l.Line.Length > 0 && l.Line[0] != '#')
            .Select(l => Read(l.Line, l.Number)));
    }

    /// <summary>A user with its password's hash, as <c>name:pbkdf2-sha256$600000$salt$hash</c>; the salt is another each time.</summary>
    /// <param name="user">Name and password.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: name or password cannot be used.</exception>
    public static string HashLine(NetworkCredential user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return $"{Checked(NameOf(user))}:{Hash(user)}";
    }

    /// <inheritdoc/>
    public ValueTask<bool> VerifyAsync(string user, string password, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(password);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Verify(user, password));
    }

    private bool Verify(string user, string password)
    {
        var mark = HMACSHA256.HashData(_key, PasswordHash.Octets(password));
        if (_verified.TryGetValue(user, out var verified) && CryptographicOperations.FixedTimeEquals(mark, verified))
        {
            return true;
        }

        if (!_users.TryGetValue(user, out var hash))
        {
            _ = _nobody.Matches(password, _work);
            return false;
        }

        if (!hash.Matches(password, _work))
        {
            return false;
        }

        _verified[user] = mark;
        return true;
    }

    private static (string User, PasswordHash Hash) Read(string line, int number)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
        {
            throw Invalid($"Line {number} of the users is not of the form name:hash.", "Write it with HashLine.");
        }

        return PasswordHash.TryParse(line[(colon + 1)..].Trim(), out var hash, out var error)
            ? (Checked(line[..colon].Trim()), hash)
            : throw Invalid($"The hash in line {number} of the users cannot be used: {error}.", "Write it with HashLine.");
    }

    private static PasswordHash Hash(NetworkCredential user)
    {
        var password = user.Password;
        if (password.Length == 0 || password.Contains('\0', StringComparison.Ordinal))
        {
            // AUTH PLAIN can carry neither (RFC 4616 §2).
            throw Invalid($"The password of the user '{Printable(NameOf(user))}' is empty or holds a NUL character.", "Give another password.");
        }

        try
        {
            return PasswordHash.Create(password);
        }
        catch (ArgumentException)
        {
            // What the system says is left out: it is about a character of a password.
            throw Invalid($"The password of the user '{Printable(NameOf(user))}' holds half of a surrogate pair, which is no character.", "Give another password.");
        }
    }

    private static string NameOf(NetworkCredential user) => user.Domain.Length == 0 ? user.UserName : $@"{user.Domain}\{user.UserName}";

    private static string Checked(string user) =>
        user.Length is 0 or > 255 || user.Contains(':', StringComparison.Ordinal) || user.Any(char.IsControl)
            ? throw Invalid($"'{Printable(user)}' cannot be a user's name.", "A name has 1 to 255 characters, no colon and no control character.")
            : user;

    private static string Printable(string text) =>
        new(text.Take(80).Select(c => char.IsControl(c) ? '?' : c).ToArray());

    private static SmtpException Invalid(string message, string advice) => new(new SmtpFailure
    {
        Code = FindingCode.InvalidInput,
        Message = message,
        Advice = advice,
        Permanent = true,
    });
}

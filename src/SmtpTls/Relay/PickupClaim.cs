using SmtpTls.Mail;

namespace SmtpTls.Relay;

/// <summary>
/// A file of a pickup folder that is on its way into the queue. Its name is <c>.ID~NAME</c> meanwhile: nobody else takes it,
/// and after a crash the id tells whether the queue has it.
/// </summary>
internal sealed class PickupClaim
{
    /// <summary>Finds the names of claims.</summary>
    public const string Pattern = ".*~*.eml";

    private const int IdLength = 13;

    private readonly string _folder;
    private readonly string _path;

    private PickupClaim(string folder, QueueId id, string fileName)
    {
        _folder = folder;
        FileName = fileName;
        Id = id;
        _path = Path.Combine(folder, $".{id}~{fileName}");
    }

    /// <summary>The name that the file was laid there under.</summary>
    public string FileName { get; }

    /// <summary>Its message's id.</summary>
    public QueueId Id { get; }

    /// <summary>Claims a file; null where another program has it open (on Windows, or with a lock) or has taken it away.</summary>
    /// <exception cref="IOException">The file cannot be renamed, or the folder not be flushed.</exception>
    public static PickupClaim? TryMake(FileInfo file, QueueId id)
    {
        var claim = new PickupClaim(file.DirectoryName!, id, file.Name);
        if (file.Length > 0 && IsOpenElsewhere(file.FullName))
        {
            return null;
        }

        try
        {
            File.Move(file.FullName, claim._path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        FolderNames.Flush(claim._folder);
        return claim;
    }

    /// <summary>Reads a claim's name; null where the name is none.</summary>
    public static PickupClaim? TryRead(string path)
    {
        var name = Path.GetFileName(path);
        return name.Length > IdLength + 2 && name[IdLength + 1] == '~' && QueueId.TryParse(name[1..(IdLength + 1)], out var id)
            ? new PickupClaim(Path.GetDirectoryName(path)!, id, name[(IdLength + 2)..])
            : null;
    }

    /// <summary>What the file is like now.</summary>
    public Sighting Look(DateTimeOffset now)
    {
        var file = new FileInfo(_path);
        return new Sighting(file.Length, file.LastWriteTimeUtc, now);
    }

    /// <summary>Opens it. An empty one is not opened: what is no file (a pipe) looks empty, and opening it may never end.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: it is a link.</exception>
    public Stream Open(string name)
    {
        var file = new FileInfo(_path);
        if (file.LinkTarget is not null)
        {
            throw MailInput.Refuse($"{name} is a link.", "Lay the message itself there.");
        }

        return file.Length == 0 ? Stream.Null : new FileStream(_path, new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.Read,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        });
    }

    /// <summary>Gives the file its name back, or one like it where that is taken by now.</summary>
    public void GiveBack()
    {
        try
        {
            File.Move(_path, Path.Combine(_folder, FileName));
        }
        catch (IOException) when (File.Exists(_path))
        {
            File.Move(_path, Path.Combine(_folder, $"{Id}-{FileName}"));
        }
    }

    /// <summary>The queue has it.</summary>
    public void Delete() => File.Delete(_path);

    /// <summary>Moves the file elsewhere.</summary>
    /// <returns>Its path there.</returns>
    public string MoveTo(string folder)
    {
        var path = Path.Combine(folder, FileName);
        path = File.Exists(path) ? Path.Combine(folder, $"{Id}-{FileName}") : path;
        File.Move(_path, path);
        return path;
    }

    // As far as the system or the other program minds: Windows does, on Unix those that lock.
    private static bool IsOpenElsewhere(string path)
    {
        try
        {
            using var exclusive = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            // It can be claimed and not be read: who reads it next says so.
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}

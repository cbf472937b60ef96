using System.Reflection;
using System.Runtime.Loader;

namespace SmtpTls.Module;

/// <summary>
/// Where SmtpTls.Storage and the SQLite library are loaded: apart from everything else in the process, so that another module may
/// bring another version of either. Only the engine is shared with the default context, because a store that is opened there
/// has to be the engine's IQueueStore.
/// </summary>
internal sealed class StorageContext : AssemblyLoadContext
{
    private const string Storage = "SmtpTls.Storage";

    // One for the process, as its listeners and relays are: a second one would load SQLite twice, and locks on files are the process's.
    private static readonly Lazy<StorageContext> Instance = new(() => new StorageContext());

    private readonly AssemblyDependencyResolver _resolver;

    private StorageContext()
        : base(Storage)
    {
        var folder = Path.GetDirectoryName(typeof(StorageContext).Assembly.Location)!;
        _resolver = new AssemblyDependencyResolver(Path.Combine(folder, "storage", $"{Storage}.dll"));
    }

    /// <summary>Has the runtime find SmtpTls.Storage in here when code of the module asks for it. Call it before such code runs; again does no harm.</summary>
    internal static void Register()
    {
        Default.Resolving -= Resolve;
        Default.Resolving += Resolve;
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        var engine = typeof(SmtpQueue).Assembly;
        if (string.Equals(assemblyName.Name, engine.GetName().Name, StringComparison.OrdinalIgnoreCase))
        {
            return engine;
        }

        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : IntPtr.Zero;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        string.Equals(name.Name, Storage, StringComparison.OrdinalIgnoreCase) ? Instance.Value.LoadFromAssemblyName(name) : null;
}

package dev.woodpecker.runtime.toolchain;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The native halves of JCuda. JCuda itself extracts them to a fixed name in the temporary directory, and a file there
 * that another process left truncated ends the virtual machine; so they are extracted to the cache, checked, and JCuda
 * is shown that directory as the temporary one for the moment in which it loads.
 */
public enum JCudaLibrary {
    PTX_COMPILER("jcuda.nvptxcompiler.JNvPTXCompiler", "JNvPTXCompiler"),
    DRIVER("jcuda.driver.JCudaDriver", "JCudaDriver");

    /** What the file names in the artifact carry. */
    static final String VERSION = "12.6.0";

    /** What to add to a build that should have it. */
    public static final String COORDINATES =
            "org.jcuda:jcuda:" + VERSION + " and org.jcuda:jcuda-natives:" + VERSION + ":linux-x86_64";

    private static final String TEMPORARY_DIRECTORY = "java.io.tmpdir";

    private final String className;
    private final String resource;

    JCudaLibrary(String className, String name) {
        this.className = className;
        this.resource = "lib/lib" + name + "-" + VERSION + "-linux-x86_64.so";
    }

    /** Whether both the classes and the native library are on the class path. */
    public boolean isPresent() {
        return ClassPathArtifact.locate(className.replace('.', '/') + ".class").isPresent()
                && ClassPathArtifact.locate(resource).isPresent();
    }

    /**
     * Makes JCuda's class ready to be called.
     *
     * @throws ToolchainException when it is not on the class path, or does not load
     */
    public void load(CacheDirectory cache) {
        Loaded.load(this, cache);
    }

    private Path extract(CacheDirectory cache) {
        return ClassPathArtifact.find(List.of(resource))
                .filter(natives -> isPresent())
                .orElseThrow(() -> new ToolchainException("JCuda is not on the class path. Add " + COORDINATES + "."))
                .extract(cache, CacheDirectory.Section.NATIVE)
                .directory();
    }

    private void initialize(Path directory) {
        String before = System.getProperty(TEMPORARY_DIRECTORY, "/tmp");
        System.setProperty(TEMPORARY_DIRECTORY, directory.toString());
        try {
            Class.forName(className, true, JCudaLibrary.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new ToolchainException(
                    "JCuda's " + className + " does not load from " + directory + ": " + e.getMessage(), e);
        } finally {
            System.setProperty(TEMPORARY_DIRECTORY, before);
        }
    }

    /** Which are loaded: once a process, since the property is everybody's. */
    private static final class Loaded {
        private static final Set<JCudaLibrary> DONE = EnumSet.noneOf(JCudaLibrary.class);

        static synchronized void load(JCudaLibrary library, CacheDirectory cache) {
            if (!DONE.contains(library)) {
                library.initialize(library.extract(cache));
                DONE.add(library);
            }
        }
    }
}

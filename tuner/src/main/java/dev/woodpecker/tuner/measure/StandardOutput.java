package dev.woodpecker.tuner.measure;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Standard output for one owner. */
final class StandardOutput {
    private static final int OUTPUT = 1;
    private static final int ERROR = 2;

    private StandardOutput() {}

    /**
     * The stream that was standard output; what others print from now on, the virtual machine and generated code among them,
     * goes to standard error.
     */
    static OutputStream takeOver() throws IOException {
        OutputStream taken = new FileOutputStream("/proc/self/fd/" + OUTPUT);
        Linker linker = Linker.nativeLinker();
        MethodHandle dup2 = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("dup2"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            int result = (int) dup2.invokeExact(ERROR, OUTPUT);
            if (result != OUTPUT) {
                throw new IOException("dup2 refuses to redirect standard output");
            }
            return taken;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("dup2 cannot be called", e);
        }
    }
}

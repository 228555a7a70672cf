package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

/** The PTX compiler inside JCuda's natives: ptxas as a library, which needs neither a toolkit nor a GPU. */
final class PtxAssembler {
    /** How assembling ended. */
    sealed interface Result {
        record Assembled(String log) implements Result {}

        /** {@code error} is an {@code nvPTXCompileResult}. */
        record Refused(int error, String log, List<String> options) implements Result {}
    }

    private PtxAssembler() {}

    /** Loads the library, from {@code cache}, where it is extracted to when need be. */
    static PtxAssembler load(CacheDirectory cache) {
        JCudaLibrary.PTX_COMPILER.load(cache);
        return new PtxAssembler();
    }

    /** Writes the cubin of {@code ptx} to {@code output}. */
    Result assemble(String ptx, CudaArchitecture architecture, Path output) throws IOException {
        List<String> options = List.of("--gpu-name=" + architecture.name(), "--verbose");
        byte[] text = ptx.getBytes(StandardCharsets.UTF_8);
        byte[] terminated = Arrays.copyOf(text, text.length + 1);
        nvPTXCompilerHandle handle = new nvPTXCompilerHandle();
        int created = JNvPTXCompiler.nvPTXCompilerCreate(handle, text.length, terminated);
        if (created != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
            return new Result.Refused(created, nvPTXCompileResult.stringFor(created), options);
        }
        try {
            int status = JNvPTXCompiler.nvPTXCompilerCompile(handle, options.size(), options.toArray(String[]::new));
            if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
                return new Result.Refused(
                        status, nvPTXCompileResult.stringFor(status) + "\n" + errorLog(handle), options);
            }
            long[] size = new long[1];
            JNvPTXCompiler.nvPTXCompilerGetCompiledProgramSize(handle, size);
            byte[] cubin = new byte[Math.toIntExact(size[0])];
            JNvPTXCompiler.nvPTXCompilerGetCompiledProgram(handle, cubin);
            Files.write(output, cubin);
            return new Result.Assembled(infoLog(handle));
        } finally {
            JNvPTXCompiler.nvPTXCompilerDestroy(handle);
        }
    }

    private static String errorLog(nvPTXCompilerHandle handle) {
        long[] size = new long[1];
        JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(handle, size);
        byte[] log = new byte[Math.toIntExact(size[0]) + 1];
        JNvPTXCompiler.nvPTXCompilerGetErrorLog(handle, log);
        return text(log);
    }

    private static String infoLog(nvPTXCompilerHandle handle) {
        long[] size = new long[1];
        JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(handle, size);
        byte[] log = new byte[Math.toIntExact(size[0]) + 1];
        JNvPTXCompiler.nvPTXCompilerGetInfoLog(handle, log);
        return text(log);
    }

    private static String text(byte[] terminated) {
        String all = new String(terminated, StandardCharsets.UTF_8);
        int end = all.indexOf('\0');
        return end < 0 ? all : all.substring(0, end);
    }
}

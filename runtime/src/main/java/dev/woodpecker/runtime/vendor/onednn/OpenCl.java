package dev.woodpecker.runtime.vendor.onednn;

import dev.woodpecker.runtime.vendor.onednn.PlaceholderLibrary.Function;
import java.util.ArrayList;
import java.util.List;

/**
 * An OpenCL that knows no platform, with the functions that oneDNN 3.8 is linked to: without one it does not load, and on
 * a machine that has one, that one's drivers would come along.
 */
final class OpenCl {
    private static final int PLATFORM_NOT_FOUND = -1001;

    private static final String V1_0 = """
        clBuildProgram
        clCreateBuffer
        clCreateCommandQueue
        clCreateContext
        clCreateKernel
        clCreateProgramWithBinary
        clCreateProgramWithSource
        clEnqueueCopyBuffer
        clEnqueueMapBuffer
        clEnqueueNDRangeKernel
        clEnqueueReadBuffer
        clEnqueueUnmapMemObject
        clEnqueueWriteBuffer
        clFinish
        clGetCommandQueueInfo
        clGetContextInfo
        clGetDeviceIDs
        clGetDeviceInfo
        clGetEventProfilingInfo
        clGetKernelInfo
        clGetMemObjectInfo
        clGetPlatformIDs
        clGetPlatformInfo
        clGetProgramBuildInfo
        clGetProgramInfo
        clReleaseCommandQueue
        clReleaseContext
        clReleaseEvent
        clReleaseKernel
        clReleaseMemObject
        clReleaseProgram
        clRetainCommandQueue
        clRetainContext
        clRetainEvent
        clRetainMemObject
        clSetKernelArg
        """;

    private static final String V1_1 = """
        clCreateSubBuffer
        """;

    private static final String V1_2 = """
        clCreateSubDevices
        clEnqueueFillBuffer
        clEnqueueMarkerWithWaitList
        clGetExtensionFunctionAddressForPlatform
        clGetKernelArgInfo
        clReleaseDevice
        clRetainDevice
        """;

    static final PlaceholderLibrary LIBRARY = new PlaceholderLibrary("libOpenCL.so.1", PLATFORM_NOT_FOUND, functions());

    private OpenCl() {}

    private static List<Function> functions() {
        List<Function> all = new ArrayList<>();
        V1_0.lines().forEach(name -> all.add(new Function(name, "OPENCL_1.0")));
        V1_1.lines().forEach(name -> all.add(new Function(name, "OPENCL_1.1")));
        V1_2.lines().forEach(name -> all.add(new Function(name, "OPENCL_1.2")));
        return all;
    }
}

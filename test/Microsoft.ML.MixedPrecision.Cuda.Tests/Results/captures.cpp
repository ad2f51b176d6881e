// Which calls of one thread end a stream capture of another, in thread-local mode? For each kind of call, a thread captures, launches and checks graphs while another
// repeats the call; each pair runs in a process of its own, as the driver may end it. Needs libcuda and cuBLASLt at run time only:
//     g++ -O1 -o captures captures.cpp -ldl -lpthread && ./captures [seconds] [1: captures one at a time]
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using Handle = void*;
using Address = unsigned long long;

template <class... Parameters> struct Function {
    int (*call)(Parameters...) = nullptr;
    int operator()(Parameters... values) const { return call(values...); }
    void load(Handle library, const char* name)
    {
        call = reinterpret_cast<int (*)(Parameters...)>(dlsym(library, name));
        if (!call) {
            printf("%s is missing\n", name);
            exit(2);
        }
    }
};

#define DRIVER(F) \
    F(cuInit, unsigned) F(cuDeviceGet, int*, int) F(cuDevicePrimaryCtxRetain, Handle*, int) F(cuDevicePrimaryCtxRelease_v2, int) F(cuCtxSetCurrent, Handle) \
    F(cuCtxSynchronize) F(cuStreamCreate, Handle*, unsigned) F(cuStreamDestroy_v2, Handle) F(cuStreamSynchronize, Handle) F(cuStreamBeginCapture_v2, Handle, int) \
    F(cuStreamEndCapture, Handle, Handle*) F(cuGraphInstantiateWithFlags, Handle*, Handle, Address) F(cuGraphLaunch, Handle, Handle) F(cuGraphDestroy, Handle) \
    F(cuGraphExecDestroy, Handle) F(cuMemAlloc_v2, Address*, size_t) F(cuMemFree_v2, Address) F(cuMemHostAlloc, Handle*, size_t, unsigned) F(cuMemFreeHost, Handle) \
    F(cuModuleLoadData, Handle*, const void*) F(cuModuleUnload, Handle) F(cuModuleGetFunction, Handle*, Handle, const char*) \
    F(cuLaunchKernel, Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Handle, Handle*, Handle*) F(cuEventCreate, Handle*, unsigned) \
    F(cuEventDestroy_v2, Handle) F(cuEventRecord, Handle, Handle) F(cuEventSynchronize, Handle) F(cuEventElapsedTime, float*, Handle, Handle) \
    F(cuMemcpyHtoDAsync_v2, Address, const void*, size_t, Handle) F(cuMemcpyDtoHAsync_v2, void*, Address, size_t, Handle) F(cuMemcpyHtoD_v2, Address, const void*, size_t) \
    F(cuMemsetD8Async, Address, unsigned char, size_t, Handle) F(cuMemGetInfo_v2, size_t*, size_t*) F(cuGetErrorName, int, const char**) F(cuDriverGetVersion, int*)
#define PRODUCTS(F) \
    F(cublasLtCreate, Handle*) F(cublasLtDestroy, Handle) F(cublasLtMatmulDescCreate, Handle*, int, int) F(cublasLtMatrixLayoutCreate, Handle*, int, uint64_t, uint64_t, int64_t) \
    F(cublasLtMatmulPreferenceCreate, Handle*) F(cublasLtMatmulPreferenceSetAttribute, Handle, int, const void*, size_t) \
    F(cublasLtMatmulAlgoGetHeuristic, Handle, Handle, Handle, Handle, Handle, Handle, Handle, int, void*, int*) \
    F(cublasLtMatmul, Handle, Handle, const void*, const void*, Handle, const void*, Handle, const void*, const void*, Handle, void*, Handle, const void*, void*, size_t, Handle)
#define DECLARE(name, ...) static Function<__VA_ARGS__> name;
DRIVER(DECLARE)
PRODUCTS(DECLARE)

static const char* const Ptx = R"(.version 7.0
.target sm_70
.address_size 64
.visible .entry k(.param .u64 p) {
    .reg .u64 %r<3>; .reg .f32 %f<2>;
    ld.param.u64 %r1, [p]; cvta.to.global.u64 %r2, %r1; ld.global.f32 %f1, [%r2]; st.global.f32 [%r2], %f1; ret;
}
)";

static int device;
static Handle context, kernel;
static std::mutex one_at_a_time;
static bool exclusive;

static std::string failure(const char* what, int status)
{
    const char* name = nullptr;
    cuGetErrorName(status, &name);
    return std::string(what) + " " + (name ? name : "?");
}

// C = A B of BF16, m × 64 by 64 × 256, by any of the algorithms found.
struct Product {
    static constexpr int ResultBytes = 96, Most = 8; // cublasLtMatmulHeuristicResult_t, whose algorithm comes first
    Handle blas, description, a, b, c;
    char results[ResultBytes * Most];
    int found = 0;

    Product(Handle blas, int m) : blas(blas)
    {
        Handle preference;
        size_t workspace = 32 << 20;
        cublasLtMatmulDescCreate(&description, 68, 0);      // CUBLAS_COMPUTE_32F, CUDA_R_32F
        cublasLtMatrixLayoutCreate(&a, 14, m, 64, m);       // CUDA_R_16BF
        cublasLtMatrixLayoutCreate(&b, 14, 64, 256, 64);
        cublasLtMatrixLayoutCreate(&c, 14, m, 256, m);
        cublasLtMatmulPreferenceCreate(&preference);
        cublasLtMatmulPreferenceSetAttribute(preference, 1, &workspace, sizeof workspace); // MAX_WORKSPACE_BYTES
        cublasLtMatmulAlgoGetHeuristic(blas, description, a, b, c, c, preference, Most, results, &found);
    }

    int run(Handle stream, Address x, Address y, Address z, Address workspace, int i)
    {
        float one = 1, zero = 0;
        return cublasLtMatmul(blas, description, &one, (void*)x, a, (void*)y, b, &zero, (void*)z, c, (void*)z, c, results + i % found * ResultBytes, (void*)workspace, 32 << 20, stream);
    }
};

// What a thread works with.
struct Worker {
    Handle stream, start, end, pinned, blas;
    Address x, y, z, workspace;
    std::map<int, Product*> products;
    int calls = 0;
    char pageable[65536];

    Worker()
    {
        cuCtxSetCurrent(context);
        cuStreamCreate(&stream, 1); // CU_STREAM_NON_BLOCKING
        cuEventCreate(&start, 0);
        cuEventCreate(&end, 0);
        cuMemAlloc_v2(&x, 1 << 20);
        cuMemAlloc_v2(&y, 1 << 20);
        cuMemAlloc_v2(&z, 4 << 20);
        cuMemAlloc_v2(&workspace, 32 << 20);
        cuMemHostAlloc(&pinned, 1 << 20, 0);
        cublasLtCreate(&blas);
    }

    Product* product(int m)
    {
        Product*& made = products[m];
        return made ? made : made = new Product(blas, m);
    }

    void many_products() { for (int m = 8; m < 1600; m += 8) product(m); }

    int launch(Handle function)
    {
        Handle arguments[] = {&x};
        return cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, arguments, nullptr);
    }

    int add(const std::string& work, int i)
    {
        if (work == "copies")
            return i & 1 ? cuMemcpyHtoDAsync_v2(x, pinned, 4096, stream) : cuMemsetD8Async(x, 0, 4096, stream);
        if (work == "kernels")
            return launch(kernel);
        auto next = products.begin();
        std::advance(next, calls++ % products.size());
        return next->second->run(stream, x, y, z, workspace, calls / (int)products.size());
    }

    // Captures 20 pieces of work and launches them; what failed first, or nothing.
    std::string capture(const std::string& work)
    {
        std::unique_lock<std::mutex> lock(one_at_a_time, std::defer_lock);
        if (exclusive)
            lock.lock();
        if (int status = cuStreamBeginCapture_v2(stream, 1)) // CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
            return failure("begin", status);
        std::string bad;
        for (int i = 0; i < 20 && bad.empty(); i++)
            if (int status = add(work, i))
                bad = work + " " + std::to_string(status);
        Handle graph = nullptr, executable = nullptr;
        if (int status = cuStreamEndCapture(stream, &graph))
            return bad + " " + failure("end", status);
        int status = cuGraphInstantiateWithFlags(&executable, graph, 0);
        cuGraphDestroy(graph);
        if (status || (status = cuGraphLaunch(executable, stream)) || (status = cuStreamSynchronize(stream)))
            bad += failure("launch", status);
        cuGraphExecDestroy(executable);
        return bad;
    }
};

static const std::vector<std::pair<std::string, std::function<void(Worker&)>>> Others = {
    {"nothing", [](Worker&) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }},
    {"launch and wait for the stream", [](Worker& w) { w.launch(kernel); cuStreamSynchronize(w.stream); }},
    {"allocate, free 64 KiB", [](Worker&) { Address p; cuMemAlloc_v2(&p, 1 << 16); cuMemFree_v2(p); }},
    {"allocate, free 256 MiB", [](Worker&) { Address p; cuMemAlloc_v2(&p, 256 << 20); cuMemFree_v2(p); }},
    {"allocate, free pinned", [](Worker&) { Handle p; cuMemHostAlloc(&p, 1 << 16, 0); cuMemFreeHost(p); }},
    {"load, unload a module", [](Worker&) { Handle m, f; cuModuleLoadData(&m, Ptx); cuModuleGetFunction(&f, m, "k"); cuModuleUnload(m); }},
    {"load, launch, unload", [](Worker& w) { Handle m, f; cuModuleLoadData(&m, Ptx); cuModuleGetFunction(&f, m, "k"); w.launch(f); cuStreamSynchronize(w.stream); cuModuleUnload(m); }},
    {"create, destroy a stream", [](Worker&) { Handle s; cuStreamCreate(&s, 1); cuStreamDestroy_v2(s); }},
    {"time by events", [](Worker& w) { float t; cuEventRecord(w.start, w.stream); w.launch(kernel); cuEventRecord(w.end, w.stream); cuEventSynchronize(w.end); cuEventElapsedTime(&t, w.start, w.end); }},
    {"copy, pageable", [](Worker& w) { cuMemcpyHtoDAsync_v2(w.x, w.pageable, 65536, w.stream); cuMemcpyDtoHAsync_v2(w.pageable, w.x, 65536, w.stream); cuStreamSynchronize(w.stream); }},
    {"copy in the default stream", [](Worker& w) { cuMemcpyHtoD_v2(w.x, w.pageable, 65536); }},
    {"set", [](Worker& w) { cuMemsetD8Async(w.x, 0, 65536, w.stream); cuStreamSynchronize(w.stream); }},
    {"ask for free memory", [](Worker&) { size_t a, b; cuMemGetInfo_v2(&a, &b); }},
    {"retain, release the context", [](Worker&) { Handle c; cuDevicePrimaryCtxRetain(&c, device); cuDevicePrimaryCtxRelease_v2(device); }},
    {"find algorithms", [](Worker& w) { delete new Product(w.blas, 8 + 8 * (w.calls++ % 200)); }},
    {"multiply", [](Worker& w) { w.product(256)->run(w.stream, w.x, w.y, w.z, w.workspace, 0); cuStreamSynchronize(w.stream); }},
    {"multiply by new algorithms", [](Worker& w) { w.product(8 + 8 * (w.calls / 8 % 200))->run(w.stream, w.x, w.y, w.z, w.workspace, w.calls); w.calls++; cuStreamSynchronize(w.stream); }},
    {"capture kernels", [](Worker& w) { w.capture("kernels"); }},
    {"capture products", [](Worker& w) { w.many_products(); w.capture("products"); }},
    {"capture copies", [](Worker& w) { w.capture("copies"); }},
    {"create, destroy cuBLASLt", [](Worker&) { Handle h; cublasLtCreate(&h); cublasLtDestroy(h); }},
    {"wait for the context", [](Worker&) { cuCtxSynchronize(); }},
};

// In a process of its own: the driver may be loaded only after the fork.
static void measure(const std::string& work, const std::pair<std::string, std::function<void(Worker&)>>& other, double seconds)
{
    Handle driver = dlopen("libcuda.so.1", RTLD_NOW), products = dlopen("libcublasLt.so.13", RTLD_NOW), module;
    if (!driver || !products) {
        printf("%s\n", dlerror());
        exit(2);
    }
#define LOAD_DRIVER(name, ...) name.load(driver, #name);
#define LOAD_PRODUCTS(name, ...) name.load(products, #name);
    DRIVER(LOAD_DRIVER)
    PRODUCTS(LOAD_PRODUCTS)
    cuInit(0);
    cuDeviceGet(&device, 0);
    cuDevicePrimaryCtxRetain(&context, device);
    cuCtxSetCurrent(context);
    cuModuleLoadData(&module, Ptx);
    cuModuleGetFunction(&kernel, module, "k");

    std::atomic<bool> stop{false};
    std::atomic<long> done{0};
    std::thread thread([&] { Worker w; for (; !stop; done++) other.second(w); });
    Worker captures;
    captures.many_products();
    long count = 0;
    std::map<std::string, long> bad;
    for (auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds); std::chrono::steady_clock::now() < end; count++) {
        std::string failed = captures.capture(work);
        if (!failed.empty())
            bad[failed]++;
    }
    stop = true;
    thread.join();
    printf("%-9s beside %-32s %6ld captures %8ld calls", work.c_str(), other.first.c_str(), count, done.load());
    for (auto& failed : bad)
        printf("  %ld × %s", failed.second, failed.first.c_str());
    printf("%s\n", bad.empty() ? "  none failed" : "");
}

int main(int count, char** values)
{
    double seconds = count > 1 ? atof(values[1]) : 1;
    exclusive = count > 2 && atoi(values[2]) == 1;
    for (std::string work : {"kernels", "products", "copies"})
        for (auto& other : Others) {
            fflush(stdout);
            pid_t child = fork();
            if (child == 0) {
                measure(work, other, seconds);
                fflush(stdout);
                _exit(0);
            }
            int status = 0;
            waitpid(child, &status, 0);
            if (WIFSIGNALED(status))
                printf("%-9s beside %-32s the process ended by signal %d\n", work.c_str(), other.first.c_str(), WTERMSIG(status));
        }
}
